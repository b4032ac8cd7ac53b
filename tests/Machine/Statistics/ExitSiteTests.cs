using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Statistics;

public class ExitSiteTests
{
    public static TheoryData<ExitSite, string, bool> Sites => new()
    {
        { ExitSite.Port(0x3F8), "port 0x3f8", true },
        { new ExitSite(ExitSiteKind.Device, 0xD000_0000, "RegisterBank"), "RegisterBank 0xd0000000", false },
        { new ExitSite(ExitSiteKind.Unclaimed, 0x10_4000), "unclaimed 0x104000", false },
        { new ExitSite(ExitSiteKind.OtherPorts, 0), "other ports", true },
        { new ExitSite(ExitSiteKind.OtherAddresses, 0), "other addresses", false },
    };

    [Theory]
    [MemberData(nameof(Sites))]
    public void ToString_Site_IsAsPeopleReadIt(ExitSite site, string expected, bool isPort) =>
        Assert.Equal((expected, isPort), (site.ToString(), site.IsPort));
}
