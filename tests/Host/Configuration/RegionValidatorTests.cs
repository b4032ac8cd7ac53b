using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Machine.Boot;

namespace KvmActors.Host.Tests.Configuration;

public sealed class RegionValidatorTests
{
    private readonly Problems _problems = new();

    [Fact]
    public void Read_AddressAndSize_IsWritableMemory()
    {
        Assert.Equal(
            new RegionSpec(new MemoryRange(new GuestPhysAddr(0x20_0000), 0x3000), RegionContent.Nothing), Read("Address=0x200000", "Size=12288"));
        Assert.Empty(_problems.Lines());
    }

    [Theory]
    [InlineData("Image", RegionContent.Image)]
    [InlineData("stack", RegionContent.Stack)]
    [InlineData("Gdt", RegionContent.Gdt)]
    public void Read_Holds_IsItsContent(string holds, RegionContent content) =>
        Assert.Equal(content, Read("Address=0", "Size=0x1000", $"Holds={holds}")?.Content);

    [Theory]
    [InlineData("Read", true)]
    [InlineData("readwrite", false)]
    public void Read_Access_SaysWhetherTheGuestMayWrite(string access, bool isReadOnly) =>
        Assert.Equal(isReadOnly, Read("Address=0", "Size=0x1000", $"Access={access}")?.Range.IsReadOnly);

    [Theory]
    [InlineData(0x20_0000, 2, "MapMiB=2")]
    [InlineData(0x20_0000, 64, "MapMiB=64", "PageSize=2MiB")]
    [InlineData(0x1000, 2, "MapMiB=2", "PageSize=4kib")]
    [InlineData(0x20_0000, 524288, "MapMiB=524288")]
    public void Read_PageTables_SayWhatTheyMap(ulong pageSize, ulong mebibytes, params string[] settings)
    {
        var region = Read(["Address=0", "Size=0x1000", "Holds=PageTables", .. settings]);

        Assert.Empty(_problems.Lines());
        Assert.Equal((pageSize, mebibytes << 20), (region!.PageSize, region.MapBytes));
    }

    [Theory]
    [InlineData("Address", "'' is no multiple of 0x1000", "Address")]
    [InlineData("Address", "'0x800' is no multiple of 0x1000", "Address=0x800")]
    [InlineData("Address", "'low' is no number", "Address=low")]
    [InlineData("Size", "'' is no multiple of 0x1000 from 0x1000 to this machine's 0x", "Size")]
    [InlineData("Size", "'0' is no multiple", "Size=0")]
    [InlineData("Size", "'4097' is no multiple", "Size=4097")]
    [InlineData("Size", "'0x8000000000000000' is no multiple", "Size=0x8000000000000000")]
    [InlineData("Holds", "'Heap' is unknown; use one of Nothing, Image, Stack, Gdt, PageTables", "Holds=Heap")]
    [InlineData("Access", "'Write' is unknown; use one of Read, ReadWrite", "Access=Write")]
    [InlineData("PageSize", "'1GiB' is unknown; use 4KiB or 2MiB", "Holds=PageTables", "MapMiB=2", "PageSize=1GiB")]
    [InlineData("MapMiB", "only a region that holds PageTables maps anything", "MapMiB=2")]
    [InlineData("PageSize", "only a region that holds PageTables maps anything", "Holds=Stack", "PageSize=4KiB")]
    [InlineData("Address", "'0x800000000000' is not below 0x800000000000", "Address=0x800000000000")]
    [InlineData("Size", "'0x2000' is no multiple", "Address=0x7ffffffff000", "Size=0x2000")]
    [InlineData("MapMiB", "0 is not from 2 to 524288", "Holds=PageTables")]
    [InlineData("MapMiB", "1 is not", "Holds=PageTables", "MapMiB=1")]
    [InlineData("MapMiB", "524289 is not", "Holds=PageTables", "MapMiB=524289")]
    public void Read_Wrong_IsRefused(string key, string problem, params string[] settings)
    {
        Assert.Null(Read(["Address=0x1000", "Size=0x1000", .. settings]));

        var line = _problems.Lines()[0];
        Assert.StartsWith($"Region:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
    }

    private RegionSpec? Read(params string[] settings) => new RegionValidator(_problems).Read("Region", Settings.Read<RegionOptions>(settings));
}
