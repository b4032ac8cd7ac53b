using System.Text;

namespace KvmActors.Machine.Recording;

/// <summary>
/// Keeps the exits whose host side worked longest. Most exits cost one comparison. One writer, the vCPU's thread; adding
/// allocates nothing.
/// </summary>
internal sealed class SlowestExits
{
    /// <summary>How many are kept.</summary>
    public const int Capacity = 20;

    /// <summary>Bytes of a path that are kept.</summary>
    public const int PathBytes = 48;

    private readonly RecordedExit[] _exits = new RecordedExit[Capacity];
    private readonly byte[] _paths = new byte[Capacity * PathBytes];
    private readonly byte[] _pathLengths = new byte[Capacity];
    private int _count;
    private int _fastest;
    private long _threshold = -1;

    /// <summary>Whether an exit would be kept.</summary>
    public bool Wants(in RecordedExit exit) => exit.WorkTicks > _threshold;

    /// <summary>Keeps an exit that is wanted; the fastest gives way when there is no room.</summary>
    /// <returns>Where its path may be put, before <see cref="SetPathLength"/> tells how long it is.</returns>
    public Span<byte> Keep(in RecordedExit exit, out int row)
    {
        row = _count < Capacity ? _count++ : _fastest;
        _exits[row] = exit;
        _pathLengths[row] = 0;
        if (_count == Capacity)
        {
            FindFastest();
        }

        return _paths.AsSpan(row * PathBytes, PathBytes);
    }

    /// <summary>Says how long a row's path is.</summary>
    public void SetPathLength(int row, int length) => _pathLengths[row] = (byte)length;

    /// <summary>What was kept, slowest first.</summary>
    public IReadOnlyList<SlowExit> ToList() =>
    [
        .. Enumerable.Range(0, _count).OrderByDescending(row => _exits[row].WorkTicks).Select(row => new SlowExit(_exits[row], PathOf(row))),
    ];

    private string? PathOf(int row) =>
        _pathLengths[row] == 0 ? null : Encoding.UTF8.GetString(_paths.AsSpan(row * PathBytes, _pathLengths[row]));

    private void FindFastest()
    {
        _fastest = 0;
        for (var row = 1; row < Capacity; row++)
        {
            if (_exits[row].WorkTicks < _exits[_fastest].WorkTicks)
            {
                _fastest = row;
            }
        }

        _threshold = _exits[_fastest].WorkTicks;
    }
}
