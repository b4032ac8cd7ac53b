using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc.Native;

/// <summary><c>struct iovec</c> (<c>linux/uio.h</c>) as a guest writes it.</summary>
public struct guest_iovec
{
    public ulong iov_base, iov_len;
}

/// <summary><c>struct flock</c> (<c>asm-generic/fcntl.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
public struct flock_t
{
    public short l_type, l_whence;
    public long l_start, l_len;
    public int l_pid;
}

/// <summary><c>struct pollfd</c> (<c>asm-generic/poll.h</c>).</summary>
public struct pollfd_t
{
    public int fd;
    public short events, revents;
}

/// <summary><c>struct winsize</c> (<c>asm-generic/termios.h</c>).</summary>
public struct winsize_t
{
    public ushort ws_row, ws_col, ws_xpixel, ws_ypixel;
}
