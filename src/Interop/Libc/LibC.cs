using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc;

/// <summary>The functions of the C library this project calls, by their C names. x86-64 Linux only.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    public const int O_RDONLY = 0, O_RDWR = 2, O_NOCTTY = 0x100, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public const int PROT_READ = 1, PROT_WRITE = 2;
    public const int MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000;
    public const int MADV_DONTNEED = 4, MADV_MERGEABLE = 12, MADV_HUGEPAGE = 14, MADV_DONTDUMP = 16;
    public const int EFD_NONBLOCK = 0x800, EFD_CLOEXEC = 0x80000;
    public const int AT_FDCWD = -100;
    public const int SEEK_SET = 0, SEEK_DATA = 3, SEEK_HOLE = 4;
    public const short POLLIN = 1;
    public const int SYS_openat2 = 437;
    public const ulong RESOLVE_NO_XDEV = 0x01, RESOLVE_NO_MAGICLINKS = 0x02, RESOLVE_NO_SYMLINKS = 0x04, RESOLVE_BENEATH = 0x08;

    /// <summary>errno of this thread's last call marked SetLastError.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>Passes on what a call returned, unless it failed.</summary>
    /// <param name="result">What it returned; negative when it failed and left its errno behind.</param>
    /// <param name="operation">Its name.</param>
    /// <param name="target">On what; null where there is only one.</param>
    /// <exception cref="SystemCallException">It failed.</exception>
    public static int Check(int result, string operation, string? target = null) =>
        result >= 0 ? result : throw new SystemCallException(operation, LastError, target);

    /// <summary><c>struct iovec</c>; length in bytes.</summary>
    public struct iovec
    {
        public void* iov_base;
        public nuint iov_len;
    }

    /// <summary><c>struct open_how</c> of openat2(2).</summary>
    public struct open_how
    {
        public ulong flags;
        public ulong mode;
        public ulong resolve;
    }

    /// <summary>glibc's and musl's <c>struct sigaction</c> on x86-64.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    public struct sigaction_t
    {
        [FieldOffset(0)] public nint sa_handler;
        [FieldOffset(136)] public int sa_flags;
    }
}
