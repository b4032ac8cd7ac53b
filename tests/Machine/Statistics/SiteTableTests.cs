using FsCheck;
using FsCheck.Fluent;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Statistics;

public class SiteTableTests
{
    [Fact]
    public void RowOf_SameSite_IsTheSameRow()
    {
        var table = new SiteTable(null);

        var row = table.RowOf(ExitSite.Port(0x3F8));

        Assert.NotSame(row, table.RowOf(ExitSite.Port(0x3F9)));
        Assert.Same(row, table.RowOf(ExitSite.Port(0x3F8)));
    }

    // A port and a device may have the same number.
    [Fact]
    public void RowOf_SameLocationOfAnotherKind_IsAnotherRow()
    {
        var table = new SiteTable(null);

        var port = table.RowOf(ExitSite.Port(0x100));
        var device = table.RowOf(new ExitSite(ExitSiteKind.Device, 0x100, "RegisterBank"));
        var unclaimed = table.RowOf(new ExitSite(ExitSiteKind.Unclaimed, 0x100));

        Assert.Equal(3, new HashSet<ExitDurations>([port, device, unclaimed], ReferenceEqualityComparer.Instance).Count);
    }

    [Fact]
    public void Rows_AnyPorts_CountEveryExitOnceAndTellTheFirst64Apart() => Prop.ForAll(
        ArbMap.Default.ArbFor<ushort[]>().Filter(ports => ports.Length > 0),
        Gen.Choose(1, 5000).ToArbitrary(),
        (ports, spread) =>
        {
            var table = new SiteTable(null);
            var accesses = ports.SelectMany(port => Enumerable.Range(0, 5).Select(step => (ushort)(port + (step * spread)))).ToList();
            foreach (var port in accesses)
            {
                table.RowOf(ExitSite.Port(port)).Host.Record(1);
            }

            var first = accesses.Distinct().Take(SiteTable.MaxSites).ToHashSet();
            var expected = accesses.GroupBy(port => first.Contains(port) ? ExitSite.Port(port) : new ExitSite(ExitSiteKind.OtherPorts, 0))
                .OrderBy(group => group.Key.Kind).ThenBy(group => group.Key.Location)
                .Select(group => (group.Key, (long)group.Count()));
            return table.Rows.Select(row => (row.Site, row.Durations.Host.Count)).SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RowOf_MoreThanFit_PortsAndAddressesShareARowEach()
    {
        var table = new SiteTable(null);
        for (ushort port = 0; port < SiteTable.MaxSites; port++)
        {
            table.RowOf(ExitSite.Port(port));
        }

        var ports = table.RowOf(ExitSite.Port(1000));
        var addresses = table.RowOf(new ExitSite(ExitSiteKind.Unclaimed, 0x1000));

        Assert.Same(ports, table.RowOf(ExitSite.Port(1001)));
        Assert.Same(addresses, table.RowOf(new ExitSite(ExitSiteKind.Unclaimed, 0x2000)));
        Assert.Equal(["other ports", "other addresses"], table.Rows.Skip(SiteTable.MaxSites).Select(row => row.Site.ToString()));
    }
}
