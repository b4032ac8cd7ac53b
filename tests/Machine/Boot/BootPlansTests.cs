using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Boot;

public class BootPlansTests
{
    [Fact]
    public void For_MachineWithRegions_UsesThem()
    {
        var range = new MemoryRange(new GuestPhysAddr(0), 0x1000);
        var spec = Machines.Blank(BootProtocol.Real16, Machines.MiB);

        Assert.Equal([range], BootPlans.For(spec with { Regions = [new RegionSpec(range, RegionContent.Image)] }).Ranges);
        Assert.Equal(MemoryLayout.RangesFor(Machines.MiB), BootPlans.For(spec).Ranges);
    }

    [Theory]
    [InlineData(BootProtocol.Real16, false)]
    [InlineData(BootProtocol.Protected32, false)]
    [InlineData(BootProtocol.Long64, true)]
    [InlineData(BootProtocol.Elf64, true)]
    public void IsLongMode_Protocol_HasArgumentsAndPageTables(BootProtocol boot, bool expected)
    {
        Assert.Equal(expected, boot.IsLongMode());
        using var memory = GuestMemory.Allocate([.. MemoryLayout.RangesFor(4 * Machines.MiB)]);
        Assert.Equal(expected, BootPlans.For(Machines.Blank(boot, 4 * Machines.MiB)).Apply(memory)[0].Tables is not null);
    }
}
