using System.Diagnostics;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// The one-at-a-time rule for what a VM's program has at the host. The state behind it has one owner, who opens and closes it;
/// whoever is inside may use it, so each vCPU serves its calls itself, on its own thread: at once when it finds the gate free,
/// otherwise when the queue lets it in. Nobody passes somebody who waits, and nobody is served after the VM was told to stop.
/// Nobody inside waits for anything but the host's own file operations.
/// </summary>
/// <param name="queue">Who lets in those who find it taken.</param>
public sealed class SyscallGate(ISyscallQueue queue) : IHostState
{
    // Free, Inside → Free, Free → Retired → Free with the next guest's state; Closed for good.
    private const int Free = 0, Inside = 1, Retired = 2, Closed = 3;

    private SyscallService? _service;
    private OperationLog? _log;
    private Func<SyscallService>? _renew;
    private int _state = Retired;
    private int _waiting;
    private volatile bool _isClosing;

    /// <summary>Serves a call on the calling thread: at once if nobody is inside or waiting, otherwise in its turn.</summary>
    /// <param name="call">The call.</param>
    /// <param name="stop">Ends the wait for its turn: the call is not made, and the result is EINTR.</param>
    /// <param name="wasQueued">Whether it had to wait.</param>
    public CallOutcome Serve(in GuestCall call, VmStopSignal stop, out bool wasQueued)
    {
        wasQueued = !TryEnter();
        if (wasQueued)
        {
            return ServeInTurn(call, stop);
        }

        try
        {
            return _service!.Serve(call, stop);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Lets the first in the queue in, or takes note that it does not wait any more; for the queue itself.</summary>
    /// <returns>False when somebody is inside: <see cref="ISyscallQueue.GateFreed"/> is called when they leave.</returns>
    public bool TryLetIn(GateTurn first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.IsDropped)
        {
            return true;
        }

        if (!TryTake())
        {
            return false;
        }

        if (!first.TryLetIn())
        {
            Leave();
        }

        return true;
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

    /// <summary>What a guest's program reads the time from; null before there is a guest.</summary>
    internal ClockPage? Clock => _service?.Clock;

    /// <summary>Lets nobody in before <see cref="Open"/>: the next guest must not meet a call of this one.</summary>
    /// <returns>False when somebody is inside or waiting.</returns>
    public bool TryRetire()
    {
        if (Volatile.Read(ref _waiting) != 0 || Interlocked.CompareExchange(ref _state, Retired, Free) != Free)
        {
            return false;
        }

        // The memory is about to be another guest's.
        _service?.CloseMappings();
        return true;
    }

    /// <summary>Closes the last guest's state, if there is one, and opens the gate for the next. The owner's call.</summary>
    /// <param name="service">The next guest's state.</param>
    /// <param name="log">Where to note the calls that had to wait; null when nobody wants to know.</param>
    /// <param name="renew">Makes the same state anew, for a guest that begins anew while the gate is open; null where none does.</param>
    public void Open(SyscallService service, OperationLog? log = null, Func<SyscallService>? renew = null)
    {
        _service?.Dispose();
        _service = service;
        _log = log;
        _renew = renew;
        Leave();
    }

    /// <inheritdoc/>
    public bool IsAsNew()
    {
        if (!TryEnter())
        {
            return false;
        }

        var isAsNew = _service!.IsAsNew;
        Leave();
        return isAsNew;
    }

    /// <inheritdoc/>
    public void Renewed() => Clock?.Forget();

    /// <inheritdoc/>
    public bool TryRenew()
    {
        if (_renew is null || !TryEnter())
        {
            return false;
        }

        try
        {
            if (!_service!.IsAsNew)
            {
                _service.CloseMappings();
                _service.Dispose();
                _service = _renew();
            }

            return true;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Lets nobody in any more and closes the guest's state, now or when who is inside leaves. The owner's call.</summary>
    public void Close()
    {
        _isClosing = true;
        CloseOnce();
    }

    private CallOutcome ServeInTurn(in GuestCall call, VmStopSignal stop)
    {
        // Before the queue hears of it: who leaves afterwards, sees it.
        Interlocked.Increment(ref _waiting);
        var turn = new GateTurn();
        queue.Enqueue(turn);
        if (!turn.Wait(stop))
        {
            Interlocked.Decrement(ref _waiting);
            return new CallOutcome(Errno.EINTR.ToResult());
        }

        try
        {
            return stop.IsRequested ? new CallOutcome(Errno.EINTR.ToResult()) : ServeAndNote(call, stop);
        }
        finally
        {
            // Also when the call failed in a way nobody foresaw: the gate must not stay taken.
            Interlocked.Decrement(ref _waiting);
            Leave();
        }
    }

    private CallOutcome ServeAndNote(in GuestCall call, VmStopSignal stop)
    {
        var started = Stopwatch.GetTimestamp();
        var outcome = _service!.Serve(call, stop);
        _log?.Add(new RecordedOperation((int)call.Number, started, Stopwatch.GetTimestamp(), outcome.Result));
        return outcome;
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
        var wasFree = Interlocked.CompareExchange(ref _state, Closed, Free) == Free;
        if (wasFree || Interlocked.CompareExchange(ref _state, Closed, Retired) == Retired)
        {
            if (wasFree)
            {
                _service?.CloseMappings();
            }

            _service?.Dispose();
        }
    }
}
