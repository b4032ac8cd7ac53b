using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Libc;

/// <summary>A counter in the kernel that can be signalled without a system call of ours (eventfd(2)).</summary>
public sealed unsafe class EventFd : IDisposable
{
    private readonly FileDescriptor _fd;

    private EventFd(FileDescriptor fd) => _fd = fd;

    /// <summary>Makes a counter at 0.</summary>
    /// <exception cref="SystemCallException">eventfd failed.</exception>
    public static EventFd Create() =>
        new(new FileDescriptor(LibC.Check(LibC.eventfd(0, LibC.EFD_NONBLOCK | LibC.EFD_CLOEXEC), "eventfd")));

    internal int Number => _fd.Number;

    /// <summary>Takes the number of signals since the last call.</summary>
    public ulong Take()
    {
        ulong count = 0;

        // SAFETY: the kernel writes eight bytes to this stack, or none when the counter is 0 (EAGAIN).
        return LibC.read(_fd.Number, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    /// <summary>Adds a signal, from any thread.</summary>
    public void Signal()
    {
        ulong one = 1;

        // SAFETY: the kernel reads eight bytes from this stack. A full counter (EAGAIN) is signalled all the same.
        _ = LibC.write(_fd.Number, &one, sizeof(ulong));
    }

    /// <summary>Waits until the counter is not 0, a signal handler ran on this thread, or the time is over.</summary>
    /// <param name="nanoseconds">How long at most; negative for ever.</param>
    /// <param name="other">Another counter whose signals end the wait, too; null for none.</param>
    /// <param name="input">A descriptor that ends the wait when a read of it would not wait; negative for none.</param>
    public void Wait(long nanoseconds, EventFd? other = null, int input = -1)
    {
        // Of negative descriptors poll(2) takes no notice.
        var timeout = new timespec_t { tv_sec = nanoseconds / 1_000_000_000, tv_nsec = nanoseconds % 1_000_000_000 };
        var polls = stackalloc pollfd_t[]
        {
            new pollfd_t { fd = _fd.Number, events = LibC.POLLIN },
            new pollfd_t { fd = other?.Number ?? -1, events = LibC.POLLIN },
            new pollfd_t { fd = input, events = LibC.POLLIN },
        };

        // SAFETY: the structures are on this stack; the kernel writes back into them only. No signal mask.
        _ = LibC.Call(LibC.SYS_ppoll, (nint)polls, 3, nanoseconds < 0 ? 0 : (nint)(&timeout));
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();
}
