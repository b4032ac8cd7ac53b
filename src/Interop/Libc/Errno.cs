using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc;

/// <summary>Error numbers of Linux on x86-64 (<c>asm-generic/errno-base.h</c>, <c>asm-generic/errno.h</c>), as far as the program meets them.</summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file or directory.</summary>
    ENOENT = 2,

    /// <summary>No such process.</summary>
    ESRCH = 3,

    /// <summary>Interrupted by a signal.</summary>
    EINTR = 4,

    /// <summary>Input/output error.</summary>
    EIO = 5,

    /// <summary>No such device or address.</summary>
    ENXIO = 6,

    /// <summary>Argument list too long.</summary>
    E2BIG = 7,

    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,

    /// <summary>Try again.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>Bad address.</summary>
    EFAULT = 14,

    /// <summary>Busy.</summary>
    EBUSY = 16,

    /// <summary>Already exists.</summary>
    EEXIST = 17,

    /// <summary>Link across devices; openat2's answer when a path leaves its directory.</summary>
    EXDEV = 18,

    /// <summary>No such device.</summary>
    ENODEV = 19,

    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,

    /// <summary>Is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>All open files of the system are in use.</summary>
    ENFILE = 23,

    /// <summary>Too many open files of this process.</summary>
    EMFILE = 24,

    /// <summary>Not a terminal; the answer of a file that knows no ioctl.</summary>
    ENOTTY = 25,

    /// <summary>A program that is being executed cannot be written.</summary>
    ETXTBSY = 26,

    /// <summary>File too large.</summary>
    EFBIG = 27,

    /// <summary>No space left on the device.</summary>
    ENOSPC = 28,

    /// <summary>Not seekable.</summary>
    ESPIPE = 29,

    /// <summary>Read-only file system.</summary>
    EROFS = 30,

    /// <summary>Too many links.</summary>
    EMLINK = 31,

    /// <summary>Broken pipe.</summary>
    EPIPE = 32,

    /// <summary>Result too large for its buffer.</summary>
    ERANGE = 34,

    /// <summary>File name too long.</summary>
    ENAMETOOLONG = 36,

    /// <summary>No such system call.</summary>
    ENOSYS = 38,

    /// <summary>Directory not empty.</summary>
    ENOTEMPTY = 39,

    /// <summary>Too many symbolic links.</summary>
    ELOOP = 40,

    /// <summary>Value too large.</summary>
    EOVERFLOW = 75,

    /// <summary>Not a socket.</summary>
    ENOTSOCK = 88,

    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 95,

    /// <summary>The time is over.</summary>
    ETIMEDOUT = 110,

    /// <summary>Inside a kernel: the call was interrupted, and is made again after a handler that wants it so (SA_RESTART).</summary>
    ERESTARTSYS = 512,

    /// <summary>Inside a kernel: the call was interrupted, and is made again where there is no handler.</summary>
    ERESTARTNOHAND = 514,
}

/// <summary>How error numbers are told to people and to guests.</summary>
public static class ErrnoExtensions
{
    /// <summary>The C name and the C library's text, for example <c>ENOENT (No such file or directory)</c>.</summary>
    public static string Describe(this Errno errno)
    {
        var name = Enum.IsDefined(errno) ? errno.ToString() : $"errno {(int)errno}";
        return $"{name} ({Marshal.GetPInvokeErrorMessage((int)errno)})";
    }

    /// <summary>The value a system call returns for this error: <c>-errno</c>.</summary>
    public static long ToResult(this Errno errno) => -(long)errno;
}
