using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>What futexes are told apart by.</summary>
/// <param name="IsShared">Whether the address is the memory's own, and not one of the program's.</param>
/// <param name="Address">The address.</param>
internal readonly record struct FutexKey(bool IsShared, ulong Address);

/// <summary>
/// Who waits for which futex, first come first woken. Used under the gate's one-at-a-time rule; takes memory for a vCPU's first wait only.
/// </summary>
internal sealed class FutexTable
{
    private readonly Dictionary<FutexKey, FutexQueue> _queues = [];
    private readonly Stack<FutexQueue> _spare = new();

    /// <summary>Adds one at the end; it waits for nothing yet.</summary>
    public void Add(FutexWaiter waiter, FutexKey key)
    {
        if (!_queues.TryGetValue(key, out var queue))
        {
            queue = _spare.TryPop(out var spare) ? spare : new FutexQueue();
            queue.Key = key;
            _queues.Add(key, queue);
        }

        (waiter.Queue, waiter.Previous, waiter.Next) = (queue, queue.Last, null);
        if (queue.Last is { } last)
        {
            last.Next = waiter;
        }
        else
        {
            queue.First = waiter;
        }

        queue.Last = waiter;
        queue.Count++;
    }

    /// <summary>Takes one out; nothing when it does not wait.</summary>
    public void Remove(FutexWaiter waiter)
    {
        if (waiter.Queue is not { } queue)
        {
            return;
        }

        if (waiter.Previous is { } previous)
        {
            previous.Next = waiter.Next;
        }
        else
        {
            queue.First = waiter.Next;
        }

        if (waiter.Next is { } next)
        {
            next.Previous = waiter.Previous;
        }
        else
        {
            queue.Last = waiter.Previous;
        }

        (waiter.Queue, waiter.Previous, waiter.Next) = (null, null, null);
        if (--queue.Count == 0)
        {
            _queues.Remove(queue.Key);
            _spare.Push(queue);
        }
    }

    /// <summary>Wakes those that wait for a futex and one of some bits.</summary>
    /// <param name="key">The futex.</param>
    /// <param name="count">How many; below 1, one nevertheless, as on Linux.</param>
    /// <param name="bits">The bits.</param>
    /// <returns>How many were woken.</returns>
    public int Wake(FutexKey key, int count, uint bits)
    {
        var woken = 0;
        for (var waiter = _queues.GetValueOrDefault(key)?.First; waiter is not null;)
        {
            var next = waiter.Next;
            if ((waiter.Bits & bits) != 0)
            {
                Wake(waiter);
                if (++woken >= count)
                {
                    break;
                }
            }

            waiter = next;
        }

        return woken;
    }

    /// <summary>Wakes the first, and has others wait for another futex.</summary>
    /// <param name="from">What they wait for.</param>
    /// <param name="to">What they are to wait for.</param>
    /// <param name="wake">How many are woken.</param>
    /// <param name="requeue">How many others go on waiting.</param>
    /// <returns>How many these were together.</returns>
    public int Requeue(FutexKey from, FutexKey to, int wake, int requeue)
    {
        var done = 0;
        for (var waiter = _queues.GetValueOrDefault(from)?.First; waiter is not null && done - wake < requeue;)
        {
            var next = waiter.Next;
            if (++done <= wake)
            {
                Wake(waiter);
            }
            else if (from != to)
            {
                Remove(waiter);
                Add(waiter, to);
            }

            waiter = next;
        }

        return done;
    }

    private void Wake(FutexWaiter waiter)
    {
        Remove(waiter);
        waiter.IsWoken = true;
        waiter.Vcpu.Wake();
    }
}

/// <summary>Those that wait for one futex.</summary>
internal sealed class FutexQueue
{
    /// <summary>Which.</summary>
    public FutexKey Key { get; set; }

    /// <summary>Who came first; null when nobody waits.</summary>
    public FutexWaiter? First { get; set; }

    /// <summary>Who came last.</summary>
    public FutexWaiter? Last { get; set; }

    /// <summary>How many.</summary>
    public int Count { get; set; }
}

/// <summary>A vCPU's wait for a futex.</summary>
/// <param name="vcpu">The vCPU.</param>
internal sealed class FutexWaiter(Waiter vcpu)
{
    /// <summary>The vCPU.</summary>
    public Waiter Vcpu { get; } = vcpu;

    /// <summary>Where it waits; null when it does not.</summary>
    public FutexQueue? Queue { get; set; }

    /// <summary>Who came before.</summary>
    public FutexWaiter? Previous { get; set; }

    /// <summary>Who came after.</summary>
    public FutexWaiter? Next { get; set; }

    /// <summary>The bits that it waits for.</summary>
    public uint Bits { get; set; }

    /// <summary>How long it waits.</summary>
    public WaitLimit Limit { get; set; }

    /// <summary>Whether it was woken, and has not heard of it yet.</summary>
    public bool IsWoken { get; set; }
}
