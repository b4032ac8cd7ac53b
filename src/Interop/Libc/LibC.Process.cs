namespace KvmActors.Interop.Libc;

/// <summary>What the process needs for itself: its standard streams, the files it reads and writes, its end.</summary>
internal static unsafe partial class LibC
{
    public const int SYS_dup2 = 33, SYS_execve = 59, SYS_fchmod = 91, SYS_exit_group = 231;

    public const int O_TMPFILE = 0x410000;
    public const int F_GETFD = 1, F_SETFD = 2, FD_CLOEXEC = 1;
    public const short POLLOUT = 4;
    public const int SIGXFSZ = 25;
    public const nint SIG_IGN = 1;
}
