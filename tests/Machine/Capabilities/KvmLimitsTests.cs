using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Capabilities;

public class KvmLimitsTests
{
    [KvmFact]
    public void Of_Device_TellsWhatKvmHoldsTo()
    {
        var limits = KvmLimits.Of(TestMachine.Device);

        Assert.InRange(limits.RecommendedVcpus, 1, limits.MaxVcpus);
        Assert.InRange(limits.PhysicalAddressBits, 32, 52);
        Assert.InRange(limits.MemorySlots, 2, int.MaxValue);
    }

    [KvmFact]
    public void PhysicalAddressBits_MemoryUpToThere_IsTaken()
    {
        var top = 1UL << KvmLimits.Of(TestMachine.Device).PhysicalAddressBits;
        RegionSpec[] regions =
        [
            new(new MemoryRange(new GuestPhysAddr(0), 0x1000), RegionContent.Image),
            new(new MemoryRange(new GuestPhysAddr(top - 0x1000), 0x1000), RegionContent.Nothing),
        ];
        using var vm = new BootedVm(Machines.Real16(new Interop.Tests.Support.Code16().Hlt()) with { Regions = regions });

        vm.RunToHlt();

        Assert.Equal(2, vm.Memory.Ranges.Count());
    }
}
