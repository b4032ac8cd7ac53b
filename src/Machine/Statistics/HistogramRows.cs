namespace KvmActors.Machine.Statistics;

/// <summary>
/// Spare rows for histograms, made beforehand: a vCPU that needs one between two entries takes it without allocating. Shared by
/// any number of threads; no lock. When all are taken, a new one is made after all.
/// </summary>
public sealed class HistogramRows
{
    /// <summary>Counters in a row.</summary>
    internal const int RowLength = 64;

    private readonly long[]?[] _spares;
    private int _next;

    /// <summary>Makes room for spares; there are none before <see cref="Refill"/>.</summary>
    /// <param name="capacity">How many spares to keep.</param>
    public HistogramRows(int capacity) => _spares = new long[capacity][];

    /// <summary>The process's own, for vCPUs: 128 KiB, whatever the number of VMs.</summary>
    public static HistogramRows Shared { get; } = new(256);

    /// <summary>Makes spares until there are as many as there may be. Allocates: call it where that does no harm.</summary>
    public void Refill()
    {
        for (var index = 0; index < _spares.Length; index++)
        {
            if (Volatile.Read(ref _spares[index]) is null)
            {
                Interlocked.CompareExchange(ref _spares[index], new long[RowLength], null);
            }
        }
    }

    /// <summary>Takes a row of zeros.</summary>
    internal long[] Take()
    {
        var start = Volatile.Read(ref _next);
        for (var step = 0; step < _spares.Length; step++)
        {
            var index = (start + step) % _spares.Length;
            if (Volatile.Read(ref _spares[index]) is not null && Interlocked.Exchange(ref _spares[index], null) is { } row)
            {
                Volatile.Write(ref _next, (index + 1) % _spares.Length);
                return row;
            }
        }

        return new long[RowLength];
    }
}
