using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// The one-at-a-time rule for what a VM's program has at the host. The state behind it has one owner, who opens and closes it;
/// whoever is inside may use it, so a vCPU that finds the gate free serves its call itself, on its own thread, and the others
/// queue up. Who is served in which order is the same either way: nobody passes somebody who waits. Nobody inside waits for
/// anything but the host's own file operations. Never blocks.
/// </summary>
/// <param name="queue">Who serves the calls that find it taken.</param>
public sealed class SyscallGate(ISyscallQueue queue)
{
    // Free, Inside → Free, Free → Retired → Free with the next guest's state; Closed for good.
    private const int Free = 0, Inside = 1, Retired = 2, Closed = 3;

    private SyscallService? _service;
    private int _state = Retired;
    private int _waiting;
    private volatile bool _isClosing;

    /// <summary>Serves a call: here and now if nobody is inside or waiting, otherwise in the queue.</summary>
    /// <param name="call">The call.</param>
    /// <param name="stop">Ends the wait in the queue.</param>
    /// <param name="wasQueued">Whether it went there.</param>
    public CallOutcome Serve(in GuestCall call, VmStopSignal stop, out bool wasQueued)
    {
        wasQueued = !TryEnter();
        if (wasQueued)
        {
            // Before the queue hears of it: who leaves afterwards, sees it.
            Interlocked.Increment(ref _waiting);
            return queue.Serve(call, stop);
        }

        try
        {
            return _service!.Serve(call);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Serves the first in the queue, for the queue itself.</summary>
    /// <returns>False when somebody is inside: <see cref="ISyscallQueue.GateFreed"/> is called when they leave.</returns>
    public bool TryServeWaiting(in GuestCall call, out CallOutcome outcome)
    {
        outcome = default;
        if (!TryTake())
        {
            return false;
        }

        try
        {
            outcome = _service!.Serve(call);
            return true;
        }
        finally
        {
            // Also when the call failed in a way nobody foresaw: the gate must not stay taken.
            Interlocked.Decrement(ref _waiting);
            Leave();
        }
    }

    /// <summary>Whether the guest has opened and written nothing yet; false when somebody is inside.</summary>
    public bool IsUntouched()
    {
        if (!TryEnter())
        {
            return false;
        }

        var isUntouched = _service!.IsUntouched;
        Leave();
        return isUntouched;
    }

    /// <summary>Lets nobody in before <see cref="Open"/>: the next guest must not meet a call of this one.</summary>
    /// <returns>False when somebody is inside or waiting.</returns>
    public bool TryRetire() => Volatile.Read(ref _waiting) == 0 && Interlocked.CompareExchange(ref _state, Retired, Free) == Free;

    /// <summary>Closes the last guest's state, if there is one, and opens the gate for the next. The owner's call.</summary>
    public void Open(SyscallService service)
    {
        _service?.Dispose();
        _service = service;
        Leave();
    }

    /// <summary>Lets nobody in any more and closes the guest's state, now or when who is inside leaves. The owner's call.</summary>
    public void Close()
    {
        _isClosing = true;
        CloseOnce();
    }

    // Who waits counted itself before it found somebody inside, so it is never missed.
    private void Leave()
    {
        Interlocked.Exchange(ref _state, Free);
        if (_isClosing)
        {
            CloseOnce();
        }
        else if (Volatile.Read(ref _waiting) > 0)
        {
            queue.GateFreed();
        }
    }

    private bool TryEnter() => Volatile.Read(ref _waiting) == 0 && TryTake();

    private bool TryTake() => !_isClosing && Interlocked.CompareExchange(ref _state, Inside, Free) == Free;

    private void CloseOnce()
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Free) == Free || Interlocked.CompareExchange(ref _state, Closed, Retired) == Retired)
        {
            _service?.Dispose();
        }
    }
}
