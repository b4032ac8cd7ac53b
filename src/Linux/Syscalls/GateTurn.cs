using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// One vCPU's place in the queue at the <see cref="SyscallGate"/>: it is let in, or the end of its VM drops it, whichever is
/// first. Waking it starts no task and uses no thread but the two concerned.
/// </summary>
public sealed class GateTurn
{
    private const int Waiting = 0, LetIn = 1, Dropped = 2;

    private readonly object _gate = new();
    private int _state = Waiting;

    /// <summary>Whether the VM's end has dropped it, so that nobody waits for it any more.</summary>
    public bool IsDropped => Volatile.Read(ref _state) == Dropped;

    /// <summary>Lets it in.</summary>
    /// <returns>False when it was dropped before.</returns>
    internal bool TryLetIn() => TrySettle(LetIn);

    /// <summary>Parks the calling vCPU's thread, which alone may block, until it is let in or dropped.</summary>
    /// <returns>False when it was dropped.</returns>
    internal bool Wait(VmStopSignal stop)
    {
        // Runs on the thread that stops the VM, or at once where that has happened.
        using var stopped = stop.Token.UnsafeRegister(static turn => ((GateTurn)turn!).TrySettle(Dropped), this);
        lock (_gate)
        {
            while (_state == Waiting)
            {
                Monitor.Wait(_gate);
            }

            return _state == LetIn;
        }
    }

    private bool TrySettle(int state)
    {
        lock (_gate)
        {
            if (_state != Waiting)
            {
                return false;
            }

            Volatile.Write(ref _state, state);
            Monitor.PulseAll(_gate);
            return true;
        }
    }
}
