namespace KvmActors.Actors.Hypercalls.Syscalls;

/// <summary>Who serves a system call.</summary>
internal enum SyscallServer
{
    /// <summary>Nobody: ENOSYS, and counted.</summary>
    None,

    /// <summary>The guest's kernel; it never comes here.</summary>
    GuestKernel,

    /// <summary><see cref="TransferCalls"/>.</summary>
    Transfers,

    /// <summary><see cref="FileCalls"/>.</summary>
    Files,

    /// <summary><see cref="StatusCalls"/>.</summary>
    Status,

    /// <summary><see cref="PathCalls"/>.</summary>
    Paths,

    /// <summary><see cref="AttributeCalls"/>.</summary>
    Attributes,

    /// <summary><see cref="DescriptorCalls"/>.</summary>
    Descriptors,

    /// <summary><see cref="PollCalls"/>.</summary>
    Polling,

    /// <summary><see cref="TimeCalls"/>.</summary>
    Time,

    /// <summary><see cref="SystemCalls"/>.</summary>
    System,
}

/// <summary>One system call.</summary>
/// <param name="Number">Linux's number.</param>
/// <param name="Arguments">How many arguments it has.</param>
/// <param name="Server">Who serves it.</param>
/// <param name="Missing">What is missing, or different from Linux; null when nothing is.</param>
internal sealed record SyscallRow(int Number, int Arguments, SyscallServer Server, string? Missing)
{
    /// <summary>Its name.</summary>
    public string Name => SyscallNames.Find(Number)!;
}

/// <summary>
/// Every system call that is served, and by whom: the one place that says so. Dispatching, telemetry's names and
/// <c>docs/syscalls.md</c> come from here.
/// </summary>
internal static class SyscallTable
{
    private const int Numbers = 512;

    /// <summary>All rows, by number.</summary>
    public static IReadOnlyList<SyscallRow> Rows { get; } = MakeRows();

    private static readonly SyscallServer[] Servers = MakeServers();

    /// <summary>Who serves a call on the host; None for whoever else.</summary>
    public static SyscallServer ServerOf(HypercallId id) => (uint)id < Numbers ? Servers[(int)id] : SyscallServer.None;

    private static SyscallServer[] MakeServers()
    {
        var servers = new SyscallServer[Numbers];
        foreach (var row in Rows.Where(row => row.Server != SyscallServer.GuestKernel))
        {
            servers[row.Number] = row.Server;
        }

        return servers;
    }

    private static IReadOnlyList<SyscallRow> MakeRows() =>
    [
        new((int)HypercallId.Read, 3, SyscallServer.Transfers, null),
        new((int)HypercallId.Write, 3, SyscallServer.Transfers, null),
        new((int)HypercallId.Open, 3, SyscallServer.Paths, null),
        new((int)HypercallId.Close, 1, SyscallServer.Descriptors, null),
        new((int)HypercallId.Stat, 2, SyscallServer.Status, null),
        new((int)HypercallId.Fstat, 2, SyscallServer.Files, null),
        new((int)HypercallId.Lstat, 2, SyscallServer.Status, null),
        new((int)HypercallId.Poll, 3, SyscallServer.Polling, "nothing becomes ready while it waits"),
        new((int)HypercallId.Lseek, 3, SyscallServer.Files, null),
        Kernel("mmap", 6, "private mappings and anonymous ones; files are copied in"),
        Kernel("mprotect", 3),
        Kernel("munmap", 2),
        Kernel("brk", 1),
        Kernel("rt_sigaction", 4, "handlers run for signals to oneself and for exceptions"),
        Kernel("rt_sigprocmask", 4),
        Kernel("rt_sigreturn", 0),
        new((int)HypercallId.Ioctl, 3, SyscallServer.Descriptors, "terminals: TCGETS, TIOCGWINSZ; FIONREAD, FIONBIO, FIOCLEX, FIONCLEX; all else ENOTTY"),
        new((int)HypercallId.Pread64, 4, SyscallServer.Transfers, null),
        new((int)HypercallId.Pwrite64, 4, SyscallServer.Transfers, null),
        new((int)HypercallId.Readv, 3, SyscallServer.Transfers, null),
        new((int)HypercallId.Writev, 3, SyscallServer.Transfers, null),
        new((int)HypercallId.Access, 2, SyscallServer.Status, null),
        new((int)HypercallId.Pipe, 1, SyscallServer.Descriptors, "an empty pipe with a writer gives EAGAIN, as does a full one"),
        new((int)HypercallId.Select, 5, SyscallServer.Polling, "as poll; the time left is not written"),
        Kernel("sched_yield", 0),
        Kernel("mremap", 5),
        Kernel("mincore", 3),
        Kernel("madvise", 3),
        new((int)HypercallId.Dup, 1, SyscallServer.Descriptors, null),
        new((int)HypercallId.Dup2, 2, SyscallServer.Descriptors, null),
        new((int)HypercallId.Nanosleep, 2, SyscallServer.Time, null),
        Kernel("getpid", 0),
        new((int)HypercallId.Sendfile, 4, SyscallServer.Transfers, null),
        Kernel("exit", 1),
        Kernel("kill", 2, "to the program itself only"),
        new((int)HypercallId.Uname, 1, SyscallServer.System, null),
        new((int)HypercallId.Fcntl, 3, SyscallServer.Descriptors, "locks always succeed; owners, leases, notifications and seals give EINVAL"),
        new((int)HypercallId.Flock, 2, SyscallServer.Files, "always succeeds: no other program uses the guest's files"),
        new((int)HypercallId.Fsync, 1, SyscallServer.Files, null),
        new((int)HypercallId.Fdatasync, 1, SyscallServer.Files, null),
        new((int)HypercallId.Truncate, 2, SyscallServer.Attributes, null),
        new((int)HypercallId.Ftruncate, 2, SyscallServer.Files, null),
        new((int)HypercallId.Getcwd, 2, SyscallServer.Status, null),
        new((int)HypercallId.Chdir, 1, SyscallServer.Status, null),
        new((int)HypercallId.Fchdir, 1, SyscallServer.Status, null),
        new((int)HypercallId.Rename, 2, SyscallServer.Paths, null),
        new((int)HypercallId.Mkdir, 2, SyscallServer.Paths, null),
        new((int)HypercallId.Rmdir, 1, SyscallServer.Paths, null),
        new((int)HypercallId.Creat, 2, SyscallServer.Paths, null),
        new((int)HypercallId.Link, 2, SyscallServer.Paths, null),
        new((int)HypercallId.Unlink, 1, SyscallServer.Paths, null),
        new((int)HypercallId.Symlink, 2, SyscallServer.Paths, null),
        new((int)HypercallId.Readlink, 3, SyscallServer.Status, null),
        new((int)HypercallId.Chmod, 2, SyscallServer.Attributes, "set-id bits are left out"),
        new((int)HypercallId.Fchmod, 2, SyscallServer.Files, "set-id bits are left out"),
        new((int)HypercallId.Chown, 3, SyscallServer.Attributes, null),
        new((int)HypercallId.Fchown, 3, SyscallServer.Files, null),
        new((int)HypercallId.Lchown, 3, SyscallServer.Attributes, null),
        new((int)HypercallId.Umask, 1, SyscallServer.Attributes, "the host process's own umask applies, too"),
        new((int)HypercallId.Gettimeofday, 2, SyscallServer.Time, null),
        new((int)HypercallId.Getrlimit, 2, SyscallServer.System, null),
        new((int)HypercallId.Getrusage, 2, SyscallServer.Time, "the time since the VM's start as user time; the rest is 0"),
        new((int)HypercallId.Sysinfo, 1, SyscallServer.System, "all memory shows as free"),
        new((int)HypercallId.Times, 1, SyscallServer.Time, "all of it as user time"),
        Kernel("getuid", 0, "always 0"),
        Kernel("getgid", 0, "always 0"),
        Kernel("geteuid", 0, "always 0"),
        Kernel("getegid", 0, "always 0"),
        Kernel("getppid", 0, "always 0"),
        Kernel("getpgrp", 0),
        Kernel("getpgid", 1),
        Kernel("getsid", 1),
        Kernel("rt_sigpending", 2),
        Kernel("sigaltstack", 2),
        new((int)HypercallId.Utime, 2, SyscallServer.Attributes, null),
        new((int)HypercallId.Mknod, 3, SyscallServer.Paths, "always EPERM"),
        new((int)HypercallId.Statfs, 2, SyscallServer.Status, null),
        new((int)HypercallId.Fstatfs, 2, SyscallServer.Files, null),
        Kernel("prctl", 5),
        Kernel("arch_prctl", 2),
        new((int)HypercallId.Setrlimit, 2, SyscallServer.System, "kept for the guest to read; nothing follows it"),
        new((int)HypercallId.Sync, 0, SyscallServer.Files, "writes nothing: it would be the whole host's"),
        new((int)HypercallId.Settimeofday, 2, SyscallServer.Time, "always EPERM"),
        Kernel("gettid", 0),
        new((int)HypercallId.Readahead, 3, SyscallServer.Files, "has no effect"),
        Kernel("tkill", 2, "to the program itself only"),
        new((int)HypercallId.Time, 1, SyscallServer.Time, null),
        Kernel("futex", 6),
        new((int)HypercallId.SchedGetaffinity, 3, SyscallServer.System, null),
        new((int)HypercallId.Getdents64, 3, SyscallServer.Files, null),
        Kernel("set_tid_address", 1),
        new((int)HypercallId.Fadvise64, 4, SyscallServer.Files, "has no effect"),
        new((int)HypercallId.ClockSettime, 2, SyscallServer.Time, "always EPERM"),
        new((int)HypercallId.ClockGettime, 2, SyscallServer.Time, "CPU clocks show the time since the VM's start"),
        new((int)HypercallId.ClockGetres, 2, SyscallServer.Time, null),
        new((int)HypercallId.ClockNanosleep, 4, SyscallServer.Time, null),
        Kernel("exit_group", 1),
        Kernel("tgkill", 3, "to the program itself only"),
        new((int)HypercallId.Utimes, 2, SyscallServer.Attributes, null),
        new((int)HypercallId.Openat, 4, SyscallServer.Paths, null),
        new((int)HypercallId.Mkdirat, 3, SyscallServer.Paths, null),
        new((int)HypercallId.Mknodat, 4, SyscallServer.Paths, "always EPERM"),
        new((int)HypercallId.Fchownat, 5, SyscallServer.Attributes, null),
        new((int)HypercallId.Futimesat, 3, SyscallServer.Attributes, null),
        new((int)HypercallId.Newfstatat, 4, SyscallServer.Status, null),
        new((int)HypercallId.Unlinkat, 3, SyscallServer.Paths, null),
        new((int)HypercallId.Renameat, 4, SyscallServer.Paths, null),
        new((int)HypercallId.Linkat, 5, SyscallServer.Paths, "AT_EMPTY_PATH gives ENOENT; links are not followed"),
        new((int)HypercallId.Symlinkat, 3, SyscallServer.Paths, null),
        new((int)HypercallId.Readlinkat, 4, SyscallServer.Status, null),
        new((int)HypercallId.Fchmodat, 3, SyscallServer.Attributes, "set-id bits are left out"),
        new((int)HypercallId.Faccessat, 3, SyscallServer.Status, null),
        new((int)HypercallId.Pselect6, 6, SyscallServer.Polling, "as poll; the mask has no effect"),
        new((int)HypercallId.Ppoll, 5, SyscallServer.Polling, "as poll; the mask has no effect"),
        Kernel("set_robust_list", 2),
        new((int)HypercallId.Utimensat, 4, SyscallServer.Attributes, null),
        new((int)HypercallId.Dup3, 3, SyscallServer.Descriptors, null),
        new((int)HypercallId.Pipe2, 2, SyscallServer.Descriptors, "as pipe"),
        new((int)HypercallId.Preadv, 5, SyscallServer.Transfers, null),
        new((int)HypercallId.Pwritev, 5, SyscallServer.Transfers, null),
        new((int)HypercallId.Prlimit64, 4, SyscallServer.System, "as setrlimit"),
        new((int)HypercallId.Syncfs, 1, SyscallServer.Files, "writes nothing: it would be the whole host's"),
        new((int)HypercallId.Getcpu, 3, SyscallServer.System, null),
        new((int)HypercallId.Renameat2, 5, SyscallServer.Paths, "RENAME_WHITEOUT gives EINVAL"),
        new((int)HypercallId.Getrandom, 3, SyscallServer.Transfers, null),
        new((int)HypercallId.Preadv2, 6, SyscallServer.Transfers, "flags other than 0 give EOPNOTSUPP"),
        new((int)HypercallId.Pwritev2, 6, SyscallServer.Transfers, "flags other than 0 give EOPNOTSUPP"),
        new((int)HypercallId.Statx, 5, SyscallServer.Status, null),
        new((int)HypercallId.CloseRange, 3, SyscallServer.Descriptors, "CLOSE_RANGE_UNSHARE gives EINVAL"),
        new((int)HypercallId.Faccessat2, 4, SyscallServer.Status, null),
    ];

    private static SyscallRow Kernel(string name, int arguments, string? missing = null) =>
        new(SyscallNames.NumberOf(name), arguments, SyscallServer.GuestKernel, missing);
}
