using KvmActors.Interop.Kvm;

namespace KvmActors.Interop.Libc;

/// <summary>A counter in the kernel that can be signalled without a system call of ours (eventfd(2)).</summary>
public sealed unsafe class EventFd : IDisposable
{
    private readonly FileDescriptor _fd;

    /// <summary>Makes a counter at 0.</summary>
    /// <exception cref="KvmException">eventfd failed.</exception>
    public EventFd() =>
        _fd = new FileDescriptor(KvmDevice.Check(LibC.eventfd(0, LibC.EFD_NONBLOCK | LibC.EFD_CLOEXEC), "eventfd"));

    internal int Number => _fd.Number;

    /// <summary>Takes the number of signals since the last call.</summary>
    public ulong Take()
    {
        ulong count = 0;

        // SAFETY: the kernel writes eight bytes to this stack, or none when the counter is 0 (EAGAIN).
        return LibC.read(_fd.Number, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();
}
