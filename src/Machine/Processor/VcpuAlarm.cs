using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>What wakes one vCPU's thread from a wait outside the guest. Set before the wait begins, it ends the wait at once.</summary>
public sealed class VcpuAlarm : IDisposable
{
    private readonly Lock _gate = new();
    private EventFd? _signal;
    private int _isSet;
    private bool _isDisposed;

    /// <summary>Ends the wait, or the next one. From any thread; after <see cref="Dispose"/> it does nothing.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 1)
        {
            return;
        }

        lock (_gate)
        {
            _signal?.Signal();
        }
    }

    /// <summary>Takes it back.</summary>
    /// <returns>Whether it was set.</returns>
    public bool Take() => Volatile.Read(ref _isSet) == 1 && Interlocked.Exchange(ref _isSet, 0) == 1;

    /// <summary>What a thread that waits for it waits on; take its signals before <see cref="Take"/>.</summary>
    /// <exception cref="SystemCallException">The host has no descriptor left.</exception>
    public EventFd GetSignal()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _signal ??= EventFd.Create();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _signal?.Dispose();
            _signal = null;
        }
    }
}
