using KvmActors.Linux.Calls;
using KvmActors.Linux.Syscalls;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>
/// What each system call takes, a letter for each argument: P path, T text of a link, D directory's descriptor, F descriptor, O flags of
/// open, M mode, A flags of the -at calls, B buffer to fill, I bytes to write, L their length, V vectors, C how many, J offset, W whence,
/// S structure, N small number, R anything.
/// </summary>
internal static class CallShapes
{
    private static readonly Dictionary<string, string> Shapes =
        """
        read FBL, write FIL, open POM, close F, stat PB, fstat FB, lstat PB, poll SNN, lseek FJW, ioctl FRB,
        pread64 FBLJ, pwrite64 FILJ, readv FVC, writev FVC, access PN, pipe B, select NSSSS, dup F, dup2 FF,
        sendfile FFSL, uname B, fcntl FNN, flock FN, fsync F, fdatasync F, truncate PJ, ftruncate FJ, getcwd BL, chdir P,
        fchdir F, rename PP, mkdir PM, rmdir P, creat PM, link PP, unlink P, symlink TP, readlink PBL, chmod PM,
        fchmod FM, chown PNN, fchown FNN, lchown PNN, umask M, utime PS, statfs PB, fstatfs FB, readahead FJL,
        getdents64 FBL, fadvise64 FJLN, utimes PS, openat DPOM, mkdirat DPM, fchownat DPNNA, futimesat DPS,
        newfstatat DPBA, unlinkat DPA, renameat DPDP, linkat DPDPA, symlinkat TDP, readlinkat DPBL, fchmodat DPM,
        faccessat DPN, utimensat DPSA, dup3 FFO, pipe2 BO, preadv FVCJN, pwritev FVCJN, preadv2 FVCJNN, pwritev2 FVCJNN,
        renameat2 DPDPN, mknod PM, mknodat DPM, fallocate FNJJ, getgroups NB, setgroups NS,
        getresuid BBB, getresgid BBB, capget SB, capset SS, getitimer NB, getpriority NN, setpriority NNN, sched_setparam NS,
        sched_getparam NB, sched_setscheduler NNS, sched_getscheduler N, sched_rr_get_interval NB, statx DPANB, close_range NNN, faccessat2 DPNA, getrandom BLN, syncfs F,
        futex SNNSSN, epoll_create N, epoll_create1 N, epoll_wait FBNN, epoll_pwait FBNNSN, epoll_pwait2 FBNSSN, epoll_ctl FNFS, eventfd N, eventfd2 NN,
        timerfd_create NN, timerfd_settime FNSB, timerfd_gettime FB, ppoll SNSSN, pselect6 NSSSSS, nanosleep SB, clock_nanosleep NNSB
        """.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(row => row.Split(' '))
        .ToDictionary(row => row[0], row => row[1], StringComparer.Ordinal);

    // Those that say what a path leads to: what is asked for most.
    private static readonly string[] Looks = ["stat", "open", "lstat", "openat", "newfstatat", "access", "readlink", "statx", "getdents64", "read"];

    private static readonly string[] Changes =
    [
        "rename", "unlink", "symlink", "link", "mkdir", "rmdir", "chmod", "chown", "lchown", "truncate", "utimensat", "creat", "chdir", "fchdir", "write",
        "renameat2", "mknod", "fallocate", "linkat", "symlinkat", "unlinkat", "fchmodat", "fchownat", "utime", "utimes", "futimesat", "ftruncate", "fchmod", "fchown", "pwrite64",
    ];

    /// <summary>A call and what it takes.</summary>
    internal sealed record Shape(string Name, CallNumber Number, string Arguments);

    public static Shape[] LookCalls { get; } = [.. Looks.Select(Of)];

    public static Shape[] ChangeCalls { get; } = [.. Changes.Select(Of)];

    public static Shape[] AllCalls { get; } = [.. SyscallTable.Rows.Where(row => row.Handler is not null).Select(row => Of(row.Name))];

    private static Shape Of(string name)
    {
        var row = SyscallTable.Rows.First(row => row.Name == name);
        return new Shape(name, (CallNumber)row.Number, Shapes.GetValueOrDefault(name) ?? new string('R', row.Arguments));
    }
}
