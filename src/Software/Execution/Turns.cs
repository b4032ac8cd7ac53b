namespace KvmActors.Software.Execution;

/// <summary>
/// Lets the processors of one machine execute by turns, so that a run depends on nothing but instructions: each executes so many, then
/// the next in the order of their numbers. Who has the turn keeps it while the host handles its exits. Those that are expected and have
/// not come yet are waited for.
/// </summary>
/// <param name="expected">How many processors there are going to be; others take no part.</param>
internal sealed class Turns(int expected)
{
    /// <summary>Instructions of one turn.</summary>
    public const ulong Length = 50_000;

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim[] _calls = [.. Enumerable.Range(0, expected).Select(_ => new ManualResetEventSlim())];
    private readonly bool[] _isAway = new bool[expected];
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

        while (true)
        {
            lock (_gate)
            {
                if (_isAway[index])
                {
                    _isAway[index] = false;

                    // Nobody was left to have it.
                    _current = _isAway[_current] ? index : _current;
                }

                if (_current == index)
                {
                    return true;
                }

                _calls[index].Reset();
            }

            if (isKicked())
            {
                return false;
            }

            _calls[index].Wait();
        }
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

    private void PassOn()
    {
        for (var step = 1; step <= expected; step++)
        {
            var next = (_current + step) % expected;
            if (!_isAway[next])
            {
                _current = next;
                _calls[next].Set();
                return;
            }
        }
    }
}
