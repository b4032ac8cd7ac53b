using KvmActors.Machine.Processor;

namespace KvmActors.Software.Execution;

/// <summary>
/// Lets the processors of one machine execute by turns, so that a run depends on nothing but instructions: each executes so many, then
/// the next in the order of their numbers. Who has the turn keeps it while the host handles its exits. Those that are expected and have
/// not come yet are waited for. Who sleeps is left out until the machine's clock has come to its time; when all sleep, the clock goes
/// on to whoever wakes first.
/// </summary>
internal sealed class Turns
{
    /// <summary>Instructions of one turn.</summary>
    public const ulong Length = 50_000;

    private const int Nobody = -1;
    private const long Awake = 0, Never = long.MaxValue;

    // Beyond that, 146 years, the time of day would not fit.
    private const long LastMoment = 1L << 62;

    private readonly Lock _gate = new();
    private readonly VirtualClock _clock;
    private Seat[] _seats;
    private int _current;

    /// <param name="expected">How many processors there are going to be; others take no part before they <see cref="Join"/>.</param>
    /// <param name="clock">The machine's clock.</param>
    public Turns(int expected, VirtualClock clock)
    {
        _clock = clock;
        _seats = [.. Enumerable.Range(0, expected).Select(_ => new Seat())];
    }

    /// <summary>Has a processor take part from now on: it is waited for. Called by whoever has the turn.</summary>
    public void Join(int index)
    {
        lock (_gate)
        {
            if (index >= _seats.Length)
            {
                Volatile.Write(ref _seats, [.. _seats, .. Enumerable.Range(_seats.Length, index + 1 - _seats.Length).Select(_ => new Seat { IsAway = true })]);
            }

            (_seats[index].IsAway, _seats[index].WakesAt) = (false, Awake);
        }
    }

    /// <summary>Ends a processor's <see cref="Sleep"/>, or its next one at once.</summary>
    public void Rouse(int index)
    {
        lock (_gate)
        {
            if (index >= _seats.Length)
            {
                return;
            }

            (_seats[index].IsRoused, _seats[index].WakesAt) = (true, Awake);
            if (_current == Nobody && !_seats[index].IsAway)
            {
                Give(index);
            }
        }
    }

    /// <summary>Waits until it is a processor's turn.</summary>
    /// <param name="index">The processor.</param>
    /// <param name="isKicked">Ends the waiting, after <see cref="Wake"/>.</param>
    /// <returns>False when it was kicked.</returns>
    public bool Take(int index, Func<bool> isKicked)
    {
        if (!Takes(index))
        {
            return true;
        }

        while (!TryTake(index))
        {
            if (isKicked())
            {
                return false;
            }

            _seats[index].Call.Wait();
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
        if (!Takes(index))
        {
            return stop.Park(new VcpuWait(nanoseconds));
        }

        lock (_gate)
        {
            var seat = _seats[index];
            if (seat.IsRoused)
            {
                seat.IsRoused = false;
                return !stop.IsRequested;
            }

            var now = _clock.Now;
            seat.WakesAt = nanoseconds < 0 || nanoseconds > LastMoment - now ? Never : now + nanoseconds;
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

            _seats[index].Call.Wait();
        }

        lock (_gate)
        {
            (_seats[index].IsRoused, _seats[index].WakesAt) = (false, Awake);
        }

        return !stop.IsRequested;
    }

    /// <summary>Ends a processor's turn.</summary>
    public void Pass(int index)
    {
        lock (_gate)
        {
            if (_current == index)
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
            if (index >= _seats.Length)
            {
                return;
            }

            _seats[index].IsAway = true;
            if (_current == index)
            {
                PassOn();
            }
        }
    }

    /// <summary>Has a processor that waits for its turn look whether it was kicked.</summary>
    public void Wake(int index)
    {
        if (Takes(index))
        {
            _seats[index].Call.Set();
        }
    }

    private bool Takes(int index) => index < Volatile.Read(ref _seats).Length;

    private bool TryTake(int index)
    {
        lock (_gate)
        {
            var seat = _seats[index];
            if (seat.IsAway)
            {
                seat.IsAway = false;
                _current = _current == Nobody ? index : _current;
            }

            if (_current != index)
            {
                seat.Call.Reset();
            }

            return _current == index;
        }
    }

    private void PassOn()
    {
        var last = _current;
        var first = Nobody;
        for (var step = 1; step <= _seats.Length; step++)
        {
            var next = (last + step) % _seats.Length;
            var seat = _seats[next];
            if (seat.IsAway)
            {
                continue;
            }

            if (seat.WakesAt <= _clock.Now)
            {
                Give(next);
                return;
            }

            if (seat.WakesAt != Never && (first == Nobody || seat.WakesAt < _seats[first].WakesAt))
            {
                first = next;
            }
        }

        if (first != Nobody)
        {
            _clock.AdvanceTo(_seats[first].WakesAt);
        }

        Give(first);
    }

    private void Give(int index)
    {
        _current = index;
        if (index != Nobody)
        {
            _seats[index].Call.Set();
        }
    }

    // A processor's place.
    private sealed class Seat
    {
        public ManualResetEventSlim Call { get; } = new();

        public bool IsAway { get; set; }

        public bool IsRoused { get; set; }

        public long WakesAt { get; set; }
    }
}
