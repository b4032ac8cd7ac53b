namespace KvmActors.Software.Processor;

/// <summary>Which bytes of guest memory were decoded, in pieces of 64 bytes, and which of them were written since.</summary>
internal sealed class CodeWatch
{
    private const int PieceShift = 6;

    private readonly Dictionary<ulong, ulong> _pages = [];
    private readonly List<ulong> _written = [];

    /// <summary>Pages whose decoded bytes were written since <see cref="ClearWritten"/>.</summary>
    public IReadOnlyList<ulong> Written => _written;

    /// <summary>Whether a page holds decoded bytes.</summary>
    public bool Contains(ulong physicalPage) => _pages.ContainsKey(physicalPage);

    /// <summary>Notes that bytes of one page were decoded.</summary>
    /// <returns>Whether they are the page's first.</returns>
    public bool Add(ulong physical, int length)
    {
        var page = physical & ~0xFFFUL;
        var isNew = !_pages.TryGetValue(page, out var pieces);
        _pages[page] = pieces | Pieces(physical, length);
        return isNew;
    }

    /// <summary>Notes a write within one page.</summary>
    /// <returns>Whether it changed decoded bytes.</returns>
    public bool Write(ulong physical, int length)
    {
        var page = physical & ~0xFFFUL;
        if (!_pages.TryGetValue(page, out var pieces) || (pieces & Pieces(physical, length)) == 0)
        {
            return false;
        }

        _pages.Remove(page);
        _written.Add(page);
        return true;
    }

    /// <summary>Forgets a page.</summary>
    public void Remove(ulong physicalPage) => _pages.Remove(physicalPage);

    /// <summary>Forgets what was written.</summary>
    public void ClearWritten() => _written.Clear();

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _pages.Clear();
        _written.Clear();
    }

    private static ulong Pieces(ulong physical, int length)
    {
        var first = (int)(physical & 0xFFF) >> PieceShift;
        var last = (int)((physical & 0xFFF) + (ulong)length - 1) >> PieceShift;
        return (ulong.MaxValue << first) & (ulong.MaxValue >> (63 - Math.Min(last, 63)));
    }
}
