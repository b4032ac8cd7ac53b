namespace KvmActors.Interop.Libc;

/// <summary>
/// System calls by number (<c>asm/unistd_64.h</c>): what a guest's call is answered with is then exactly what the kernel
/// says, with no C library's own opinion in between.
/// </summary>
internal static unsafe partial class LibC
{
    public const int SYS_ioctl = 16, SYS_fcntl = 72, SYS_flock = 73, SYS_fsync = 74, SYS_fdatasync = 75, SYS_ftruncate = 77, SYS_chmod = 90, SYS_geteuid = 107, SYS_capget = 125;
    public const int SYS_fstatfs = 138, SYS_sync = 162, SYS_sched_setaffinity = 203, SYS_sched_getaffinity = 204, SYS_timer_create = 222, SYS_timer_settime = 223, SYS_timer_delete = 226, SYS_getdents64 = 217, SYS_clock_gettime = 228, SYS_clock_getres = 229;
    public const int SYS_openat = 257, SYS_mkdirat = 258, SYS_mknodat = 259, SYS_fchownat = 260, SYS_newfstatat = 262, SYS_unlinkat = 263, SYS_linkat = 265;
    public const int SYS_symlinkat = 266, SYS_readlinkat = 267, SYS_ppoll = 271, SYS_utimensat = 280, SYS_fallocate = 285, SYS_pwritev = 296;
    public const int SYS_prlimit64 = 302, SYS_renameat2 = 316, SYS_getrandom = 318, SYS_memfd_create = 319, SYS_statx = 332, SYS_faccessat2 = 439;

    public const int O_ACCMODE = 3, O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_APPEND = 0x400;
    public const int O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000;
    public const uint S_IFMT = 0xF000, S_IFIFO = 0x1000, S_IFCHR = 0x2000, S_IFDIR = 0x4000, S_IFBLK = 0x6000, S_IFREG = 0x8000, S_IFLNK = 0xA000;
    public const uint S_ISUID = 0x800, S_ISGID = 0x400;
    public const int AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EACCESS = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;
    public const int F_SETFL = 4, F_DUPFD_CLOEXEC = 1030, F_ADD_SEALS = 1033;
    public const int F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8;
    public const int MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2;
    public const uint TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404, TCSBRK = 0x5409, TCFLSH = 0x540B;
    public const uint TIOCOUTQ = 0x5411, TIOCGWINSZ = 0x5413, FIONREAD = 0x541B;
    public const uint TCGETS2 = 0x802C542A, TCSETS2 = 0x402C542B, TCSETSW2 = 0x402C542C, TCSETSF2 = 0x402C542D;

    /// <summary>Makes a system call.</summary>
    /// <returns>What the kernel returned: a value from 0, or a negative errno.</returns>
    public static long Call(int number, nint first, nint second = 0, nint third = 0, nint fourth = 0, nint fifth = 0)
    {
        if (FaultInjection.IsOn && FaultInjection.Fails("syscall", (nuint)number))
        {
            return LastError.ToResult();
        }

        var result = Import.syscall(number, first, second, third, fourth, fifth);
        return result == -1 ? LastError.ToResult() : result;
    }
}
