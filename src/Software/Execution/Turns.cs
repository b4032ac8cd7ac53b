using KvmActors.Machine.Processor;

namespace KvmActors.Software.Execution;

/// <summary>
/// Lets the processors of one machine execute by turns, so that a run depends on nothing but instructions: each executes so many, then
/// the next in the order of their numbers. Who has the turn keeps it while the host handles its exits. Those that are expected and have
/// not come yet are waited for. Who sleeps is left out until the machine's clock has come to its time; when all sleep, the clock goes
/// on to whoever wakes first.
/// </summary>
/// <param name="expected">How many processors there are going to be; others take no part.</param>
/// <param name="clock">The machine's clock.</param>
internal sealed class Turns(int expected, VirtualClock clock)
{
    /// <summary>Instructions of one turn.</summary>
    public const ulong Length = 50_000;

    private const int Nobody = -1;
    private const long Awake = 0, Never = long.MaxValue;

    // Beyond that, 146 years, the time of day would not fit.
    private const long LastMoment = 1L << 62;

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim[] _calls = [.. Enumerable.Range(0, expected).Select(_ => new ManualResetEventSlim())];
    private readonly bool[] _isAway = new bool[expected];
    private readonly long[] _wakesAt = new long[expected];
    private int _current;

    /// <summary>Waits until it is a processor's turn.</summary>
    /// <param name="index">The processor.</param>
    /// <param name="isKicked">Ends the waiting, after <see cref="Wake"/>.</param>
    /// <returns>False when it was kicked.</returns>
    public bool Take(int index, Func<bool> isKicked)
    {
        if (index >= expected)
        {
            return true;
        }

        while (!TryTake(index))
        {
            if (isKicked())
            {
                return false;
            }

            _calls[index].Wait();
        }

        return true;
    }

    /// <summary>Gives a processor's turn away until the machine's clock has come to a moment, and takes it again then.</summary>
    /// <param name="index">The processor.</param>
    /// <param name="nanoseconds">How long to sleep; negative for ever.</param>
    /// <param name="stop">Ends it, after <see cref="Wake"/>.</param>
    /// <returns>False when it was stopped.</returns>
    public bool Sleep(int index, long nanoseconds, VmStopSignal stop)
    {
        if (index >= expected)
        {
            return stop.Park(new VcpuWait(nanoseconds));
        }

        lock (_gate)
        {
            var now = clock.Now;
            _wakesAt[index] = nanoseconds < 0 || nanoseconds > LastMoment - now ? Never : now + nanoseconds;
            if (_current == index)
            {
                PassOn();
            }
        }

        while (!TryTake(index))
        {
            if (stop.IsRequested)
            {
                break;
            }

            _calls[index].Wait();
        }

        lock (_gate)
        {
            _wakesAt[index] = Awake;
        }

        return !stop.IsRequested;
    }

    /// <summary>Ends a processor's turn.</summary>
    public void Pass(int index)
    {
        lock (_gate)
        {
            if (index < expected && _current == index)
            {
                PassOn();
            }
        }
    }

    /// <summary>Takes a processor out: it has ended, or waits for something outside. Its next <see cref="Take"/> brings it back.</summary>
    public void Leave(int index)
    {
        lock (_gate)
        {
            if (index >= expected)
            {
                return;
            }

            _isAway[index] = true;
            if (_current == index)
            {
                PassOn();
            }
        }
    }

    /// <summary>Has a processor that waits for its turn look whether it was kicked.</summary>
    public void Wake(int index)
    {
        if (index < expected)
        {
            _calls[index].Set();
        }
    }

    private bool TryTake(int index)
    {
        lock (_gate)
        {
            if (_isAway[index])
            {
                _isAway[index] = false;
                _current = _current == Nobody ? index : _current;
            }

            if (_current != index)
            {
                _calls[index].Reset();
            }

            return _current == index;
        }
    }

    private void PassOn()
    {
        var last = _current;
        var first = Nobody;
        for (var step = 1; step <= expected; step++)
        {
            var next = (last + step) % expected;
            if (_isAway[next])
            {
                continue;
            }

            if (_wakesAt[next] <= clock.Now)
            {
                Give(next);
                return;
            }

            if (_wakesAt[next] != Never && (first == Nobody || _wakesAt[next] < _wakesAt[first]))
            {
                first = next;
            }
        }

        if (first != Nobody)
        {
            clock.AdvanceTo(_wakesAt[first]);
        }

        Give(first);
    }

    private void Give(int index)
    {
        _current = index;
        if (index != Nobody)
        {
            _calls[index].Set();
        }
    }
}
