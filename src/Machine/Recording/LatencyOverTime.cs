using System.Diagnostics;
using System.Numerics;

namespace KvmActors.Machine.Recording;

/// <summary>
/// Counts exits by when they happened and how long the host took: the cells of a heat map. Bands are powers of two. There is a
/// fixed number of columns from a common start: when time runs past the last, neighbours are added up and each column is twice
/// as wide. So the memory stays the same however long it runs, and the maps of VMs can be added. One writer; not allocating.
/// </summary>
public sealed class LatencyOverTime
{
    /// <summary>Columns, the first at the start of time.</summary>
    public const int Columns = 56;

    /// <summary>Bands: up to 256 ns, then up to twice as much each, the last one for 1.07 s and longer.</summary>
    public const int Bands = 24;

    // 2^8 ns: hardly anything is handled faster.
    private const int FirstBandBits = 8;

    // 2^17 ticks: 131 µs, and the whole map 7 ms.
    private const int FirstShift = 17;

    private const int MaxShift = 62;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    // Counts stay at their greatest value instead of beginning again at 0.
    private readonly uint[] _counts = new uint[Columns * Bands];
    private readonly long _origin;
    private int _shift = FirstShift;
    private bool _any;

    /// <summary>Makes an empty map.</summary>
    /// <param name="origin">The start of time, in <see cref="Stopwatch"/> ticks. Only maps with the same one can be added.</param>
    public LatencyOverTime(long origin) => _origin = origin;

    /// <summary>Columns up to the last that holds something.</summary>
    public int UsedColumns
    {
        get
        {
            var last = Array.FindLastIndex(_counts, count => count > 0);
            return last < 0 ? 0 : (last / Bands) + 1;
        }
    }

    /// <summary>How many exits a cell counts.</summary>
    public long this[int column, int band] => _counts[(column * Bands) + band];

    /// <summary>From when a column counts, since the start; it ends where the next one begins.</summary>
    public TimeSpan StartOf(int column) => Stopwatch.GetElapsedTime(0, (long)column << _shift);

    /// <summary>From where a band counts, in nanoseconds; it ends where the next one begins.</summary>
    public static double BandStart(int band) => band == 0 ? 0 : Math.ScaleB(1, FirstBandBits + band - 1);

    /// <summary>Counts one exit.</summary>
    /// <param name="time">When it happened, in <see cref="Stopwatch"/> ticks; before the start counts as at the start.</param>
    /// <param name="ticks">How long the host took, in <see cref="Stopwatch"/> ticks.</param>
    public void Record(long time, long ticks)
    {
        var since = Math.Max(0, time - _origin);
        while (since >> _shift >= Columns)
        {
            Widen();
        }

        Add(((int)(since >> _shift) * Bands) + BandOf(ticks), 1);
    }

    /// <summary>Adds another map with the same start.</summary>
    public void Add(LatencyOverTime other)
    {
        while (_shift < other._shift)
        {
            Widen();
        }

        var shift = _shift - other._shift;
        for (var index = 0; index < other._counts.Length; index++)
        {
            if (other._counts[index] > 0)
            {
                Add((((index / Bands) >> shift) * Bands) + (index % Bands), other._counts[index]);
            }
        }
    }

    private static int BandOf(long ticks)
    {
        var nanoseconds = (ulong)Math.Max(0, ticks * NanosecondsPerTick);
        return Math.Clamp(BitOperations.Log2(nanoseconds | 1) - FirstBandBits + 1, 0, Bands - 1);
    }

    private void Add(int cell, uint count)
    {
        _any = true;
        _counts[cell] = uint.MaxValue - _counts[cell] < count ? uint.MaxValue : _counts[cell] + count;
    }

    private void Widen()
    {
        _shift = Math.Min(_shift + 1, MaxShift);
        if (!_any)
        {
            return;
        }

        for (var column = 0; column < Columns; column++)
        {
            for (var band = 0; band < Bands; band++)
            {
                var count = _counts[(column * Bands) + band];
                _counts[(column * Bands) + band] = 0;
                if (count > 0)
                {
                    Add((column / 2 * Bands) + band, count);
                }
            }
        }
    }
}
