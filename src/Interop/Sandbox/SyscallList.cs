using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// What <see cref="SeccompFilter"/> lets through. Numbers are those of <c>asm/unistd_64.h</c>; what is here was found by running
/// everything this program does under <c>--sandbox log</c>, and by reading what glibc and .NET call where no run can show it.
/// </summary>
internal static class SyscallList
{
    private const int Clone = 56, Clone3 = 435, Tgkill = 234;
    private const uint KvmType = 0xAE, CreateVcpu = 0xAE41, SetAttribute = 0x4018AEE1, GetAttribute = 0x4018AEE2;

    // pthread_create makes threads of this process and nothing else: CLONE_THREAD without a new namespace.
    private const uint CloneNewAny = 0x7E020080;

    /// <summary>Files and descriptors of a guest, and memory of its VM.</summary>
    private static readonly int[] Guest =
    [
        LibC.SYS_openat2, 20 /* writev */, 19 /* readv */, 295 /* preadv */, LibC.SYS_pwritev, 327 /* preadv2 */, 328 /* pwritev2 */,
        8 /* lseek */, LibC.SYS_newfstatat, LibC.SYS_statx, LibC.SYS_fstatfs, LibC.SYS_faccessat2, 269 /* faccessat */,
        LibC.SYS_readlinkat, LibC.SYS_getdents64, LibC.SYS_ftruncate, LibC.SYS_fsync, LibC.SYS_fdatasync, LibC.SYS_sync,
        LibC.SYS_chmod, 91 /* fchmod */, 268 /* fchmodat */, 452 /* fchmodat2 */, 93 /* fchown */, LibC.SYS_fchownat,
        LibC.SYS_utimensat, LibC.SYS_mkdirat, LibC.SYS_unlinkat, LibC.SYS_symlinkat, LibC.SYS_linkat, LibC.SYS_renameat2,
        221 /* fadvise64 */, LibC.SYS_fallocate, LibC.SYS_ppoll, 290 /* eventfd2 */, LibC.SYS_memfd_create, 293 /* pipe2 */,
        LibC.SYS_timer_create, LibC.SYS_timer_settime, LibC.SYS_timer_delete,
        18 /* pwrite64 */, 27 /* mincore */, 63 /* uname */, 99 /* sysinfo */,
    ];

    /// <summary>What .NET and glibc need on any thread.</summary>
    private static readonly int[] Runtime =
    [
        202 /* futex */, 28 /* madvise */, 9 /* mmap */, 11 /* munmap */, 10 /* mprotect */, 25 /* mremap */, 12 /* brk */, 24 /* sched_yield */,
        0 /* read */, 1 /* write */, 3 /* close */, 17 /* pread64 */, 257 /* openat */, 2 /* open */, 4 /* stat */, 5 /* fstat */, 6 /* lstat */,
        21 /* access */, 89 /* readlink */, 79 /* getcwd */, 73 /* flock */, 7 /* poll */, 32 /* dup */, 26 /* msync */,
        13 /* rt_sigaction */, 14 /* rt_sigprocmask */, 15 /* rt_sigreturn */, 131 /* sigaltstack */, 219 /* restart_syscall */,
        LibC.SYS_clock_gettime, LibC.SYS_clock_getres, 230 /* clock_nanosleep */, 35 /* nanosleep */, 96 /* gettimeofday */, 201 /* time */,
        39 /* getpid */, 125 /* capget */, 186 /* gettid */, 102 /* getuid */, 104 /* getgid */, 107 /* geteuid */, 108 /* getegid */,
        203 /* sched_setaffinity */, 204 /* sched_getaffinity */, 309 /* getcpu */, 324 /* membarrier */, LibC.SYS_getrandom,
        97 /* getrlimit */, 98 /* getrusage */, 302 /* prlimit64 */, 273 /* set_robust_list */, 334 /* rseq */,
        60 /* exit */, 231 /* exit_group */,
    ];

    /// <summary>Makes the program.</summary>
    /// <param name="log">Whether calls outside the list are let through and written to the kernel's log.</param>
    /// <param name="resetsVms">Whether slots of memory may be set, besides: a VM's memory cannot be put back without.</param>
    public static sock_filter[] Build(bool log, bool resetsVms = false)
    {
        var program = new SeccompProgram(log ? SandboxApi.SECCOMP_RET_LOG : SandboxApi.SECCOMP_RET_ERRNO | (uint)Errno.EPERM);

        // vCPUs (0x80 and up, KVM_SET_MSRS and the like); of the VM and the device only what makes a vCPU and asks questions.
        program.AllowIoctl(LibC.SYS_ioctl, KvmType, from: 0x80, to: 0xDF, CreateVcpu, GetAttribute, SetAttribute, 0xAE00, 0xAE03, 0xAE04, 0xC004AE02, 0xC008AE05, 0xC004AE0A,
            LibC.FIONREAD,
            LibC.TCGETS, LibC.TCSETS, LibC.TCSETSW, LibC.TCSETSF, LibC.TCGETS2, LibC.TCSETS2, LibC.TCSETSW2, LibC.TCSETSF2,
            LibC.TCSBRK, LibC.TCFLSH, LibC.TIOCOUTQ, LibC.TIOCGWINSZ, resetsVms ? KvmApi.KVM_SET_USER_MEMORY_REGION : 0xAE00);
        foreach (var number in (ReadOnlySpan<int>)[.. Guest, .. Runtime])
        {
            program.Add(number, SandboxApi.SECCOMP_RET_ALLOW);
        }

        // F_GETFD to F_SETLKW, pipe sizes, seals; not F_SETOWN and F_SETSIG, which send signals.
        program.AllowWhere(LibC.SYS_fcntl, argument: 1, 1, 2, 3, 4, 5, 6, 7, LibC.F_DUPFD_CLOEXEC, 1031, 1032, LibC.F_ADD_SEALS);
        program.AllowWhere(Tgkill, argument: 0, (uint)Environment.ProcessId);

        // Named pipes; never devices.
        program.AllowBits(LibC.SYS_mknodat, argument: 2, LibC.S_IFIFO, LibC.S_IFMT & ~LibC.S_IFIFO);

        // PR_SET_NAME, PR_GET_NAME and PR_SET_VMA, all about names.
        program.AllowWhere(SandboxApi.SYS_prctl, argument: 0, 15, 16, 0x53564D41);

        // A filter cannot look at clone3's flags; glibc falls back to clone.
        program.AllowBits(Clone, argument: 0, SandboxApi.CLONE_THREAD, CloneNewAny);
        program.Add(Clone3, log ? SandboxApi.SECCOMP_RET_ALLOW : SandboxApi.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS);
        return program.Build();
    }
}
