using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

/// <summary>What 50 VMs leave behind: nothing.</summary>
[Collection(SerialCollection.Name)]
public class KvmLeakTests
{
    private const int Vms = 50;

    // Descriptors and mappings of the test runner and the garbage collector come and go.
    private const int Noise = Vms / 2;

    // Otherwise the other tests here would count nothing.
    [KvmFact]
    public void Count_WhileAVmLives_SeesItsDescriptorsAndItsRunPage()
    {
        var before = ProcessResources.Count();
        using var vm = new RealModeVm(new Code16().Hlt());
        var during = ProcessResources.Count();

        Assert.Equal((2, 1), (during.KvmDescriptors - before.KvmDescriptors, during.KvmMappings - before.KvmMappings));
    }

    [KvmFact]
    public void Dispose_AfterManyVms_LeavesNoDescriptorAndNoMapping()
    {
        AssertNothingIsLeft(() =>
        {
            using var vm = new RealModeVm(new Code16().Hlt());
            using var second = vm.Vm.CreateVcpu(1);
            Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        });
    }

    [KvmFact]
    public void CreateVcpu_ThatFails_LeavesNoDescriptorAndNoMapping()
    {
        using var device = KvmDevice.Open();
        AssertNothingIsLeft(() =>
        {
            using var vm = device.CreateVm();
            using var vcpu = vm.CreateVcpu(0);
            Assert.Throws<KvmException>(() => vm.CreateVcpu(0));
        });
    }

    [KvmFact]
    public void Open_ThatFails_LeavesNoDescriptor() =>
        AssertNothingIsLeft(() => Assert.Equal(Errno.ENOTTY, Assert.Throws<KvmException>(() => KvmDevice.Open("/dev/null")).Errno));

    [Fact]
    public void Allocate_ThatFailsOnALaterRange_LeavesNoMapping()
    {
        // The kernel joins neighbouring mappings, so their number says little: the size does.
        const ulong Gigabyte = 1 << 30;
        var before = AddressSpaceBytes();
        for (var index = 0; index < Vms; index++)
        {
            Assert.Throws<ArgumentException>(() => GuestMemory.Allocate(
                new MemoryRange(new GuestPhysAddr(0), Gigabyte), new MemoryRange(new GuestPhysAddr(0), Gigabyte)));
        }

        Assert.InRange(AddressSpaceBytes() - before, long.MinValue, (long)Gigabyte * Vms / 2);
    }

    private static void AssertNothingIsLeft(Action round)
    {
        round();
        round();
        var before = ProcessResources.Count();
        for (var index = 0; index < Vms; index++)
        {
            round();
        }

        var after = ProcessResources.Count();
        Assert.Equal((before.KvmDescriptors, before.KvmMappings), (after.KvmDescriptors, after.KvmMappings));
        Assert.InRange(after.Descriptors - before.Descriptors, -Noise, Noise);
        Assert.InRange(after.Mappings - before.Mappings, -Noise, Noise);
    }

    private static long AddressSpaceBytes() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[0]) * Environment.SystemPageSize;
}
