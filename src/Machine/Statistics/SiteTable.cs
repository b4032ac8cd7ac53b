namespace KvmActors.Machine.Statistics;

/// <summary>
/// Durations by <see cref="ExitSite"/>, for so many sites and no more: a guest may touch 65,536 ports, and those that find no
/// room share a row. One writer; any thread may read meanwhile.
/// </summary>
internal sealed class SiteTable(HistogramRows? spares)
{
    /// <summary>The most sites that are told apart.</summary>
    public const int MaxSites = 64;

    // Open addressing, never more than half full.
    private const int Slots = 2 * MaxSites;
    private const int FirstSlots = 8;

    private Row?[] _slots = new Row[FirstSlots];
    private Row? _last;
    private Row? _otherPorts;
    private Row? _otherAddresses;
    private int _count;

    /// <summary>The sites that occurred.</summary>
    public IEnumerable<(ExitSite Site, ExitDurations Durations)> Rows
    {
        get
        {
            // Rows move to a new table when they get more; the old one stays as it was.
            var rows = Volatile.Read(ref _slots).OfType<Row>();
            Row?[] others = [Volatile.Read(ref _otherPorts), Volatile.Read(ref _otherAddresses)];
            return rows.Concat(others.OfType<Row>())
                .OrderBy(row => row.Site.Kind).ThenBy(row => row.Site.Location)
                .Select(row => (row.Site, row.Durations));
        }
    }

    /// <summary>The durations of a site. Allocates when it occurs for the first time.</summary>
    public ExitDurations RowOf(in ExitSite site)
    {
        var last = _last;
        if (last is null || !last.Is(site))
        {
            _last = last = Find(site);
        }

        return last.Durations;
    }

    private static int SlotOf(in ExitSite site, int slots) => (int)((site.Location * 0x9E3779B97F4A7C15) >> 40) & (slots - 1);

    private Row Find(in ExitSite site)
    {
        if (site.Kind is ExitSiteKind.OtherPorts or ExitSiteKind.OtherAddresses)
        {
            return OtherRow(site);
        }

        for (var slot = SlotOf(site, _slots.Length); _slots[slot] is { } row; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (row.Is(site))
            {
                return row;
            }
        }

        return _count < MaxSites ? AddRow(site) : OtherRow(site);
    }

    private Row AddRow(ExitSite site)
    {
        if (2 * ++_count > _slots.Length)
        {
            var more = new Row?[Math.Min(Slots, 2 * _slots.Length)];
            foreach (var row in _slots.OfType<Row>())
            {
                Put(more, row);
            }

            Volatile.Write(ref _slots, more);
        }

        var added = NewRow(site);
        Put(_slots, added);
        return added;
    }

    private static void Put(Row?[] slots, Row row)
    {
        var slot = SlotOf(row.Site, slots.Length);
        while (slots[slot] is not null)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }

        Volatile.Write(ref slots[slot], row);
    }

    private Row OtherRow(in ExitSite site)
    {
        ref var other = ref site.IsPort ? ref _otherPorts : ref _otherAddresses;
        if (other is null)
        {
            Volatile.Write(ref other, NewRow(new ExitSite(site.IsPort ? ExitSiteKind.OtherPorts : ExitSiteKind.OtherAddresses, 0)));
        }

        return other;
    }

    private Row NewRow(ExitSite site) => new(site, new ExitDurations(new LatencyHistogram(spares), new LatencyHistogram(spares)));

    private sealed class Row(ExitSite site, ExitDurations durations)
    {
        private readonly ulong _location = site.Location;
        private readonly ExitSiteKind _kind = site.Kind;

        public ExitSite Site { get; } = site;

        public ExitDurations Durations { get; } = durations;

        public bool Is(in ExitSite other) => _location == other.Location && _kind == other.Kind;
    }
}
