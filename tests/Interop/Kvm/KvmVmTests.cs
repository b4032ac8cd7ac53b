using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class KvmVmTests
{
    [KvmFact]
    public void MapMemory_OverlappingSlots_IsEexistAndNamesTheSlot()
    {
        using var device = KvmDevice.Open();
        using var first = GuestMemory.Allocate(Range(0, 0x2000));
        using var second = GuestMemory.Allocate(Range(0x1000, 0x2000));
        using var vm = device.CreateVm();
        vm.MapMemory(first);

        var error = Assert.Throws<KvmException>(() => vm.MapMemory(second));

        Assert.Equal(("KVM_SET_USER_MEMORY_REGION", Errno.EEXIST), (error.Operation, error.Errno));
        Assert.Contains("slot 1 at 0x1000, 8192 bytes", error.Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void MapMemory_AfterARefusedOne_StillTakesMemory()
    {
        using var device = KvmDevice.Open();
        using var memory = GuestMemory.Allocate(Range(0, 0x1000));
        using var other = GuestMemory.Allocate(Range(0x1000, 0x1000));
        using var vm = device.CreateVm();
        vm.MapMemory(memory);
        Assert.Throws<KvmException>(() => vm.MapMemory(memory));

        vm.MapMemory(other);
    }

    [KvmFact]
    public void MapMemory_SeveralRanges_TheGuestSeesEach()
    {
        // Reads the word at 0x8000:0, in the second range.
        using var vm = new RealModeVm(new Code16().MovDs(0x8000).Load(2, 0).Hlt());
        using var second = GuestMemory.Allocate(Range(0x4_0000, 0x1000), Range(0x8_0000, 0x1000));
        second.TryWrite(new GuestPhysAddr(0x8_0000), (ushort)0xBEEF);
        vm.Vm.MapMemory(second);

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(0xBEEFUL, vm.Vcpu.GetRegisters().rax & 0xFFFF);

        vm.Vcpu.Dispose();
        vm.Vm.Dispose();
    }

    [KvmFact]
    public void CreateVcpu_IndexTwice_IsEexistAndNamesTheVcpu()
    {
        using var device = KvmDevice.Open();
        using var vm = device.CreateVm();
        using var vcpu = vm.CreateVcpu(5);

        var error = Assert.Throws<KvmException>(() => vm.CreateVcpu(5));

        Assert.Equal(("KVM_CREATE_VCPU", Errno.EEXIST), (error.Operation, error.Errno));
        Assert.Contains("vCPU 5", error.Message, StringComparison.Ordinal);
        Assert.Equal(5, vcpu.Index);
    }

    [KvmTheory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public void CreateVcpu_ImpossibleIndex_IsEinval(int index)
    {
        using var device = KvmDevice.Open();
        using var vm = device.CreateVm();

        Assert.Equal(Errno.EINVAL, Assert.Throws<KvmException>(() => vm.CreateVcpu(index)).Errno);
    }

    [KvmFact]
    public void Dispose_BeforeOthersOfItsDevice_LeavesThemAlone()
    {
        using var device = KvmDevice.Open();
        var first = device.CreateVm();
        using var second = device.CreateVm();

        first.Dispose();
        first.Dispose();

        using var vcpu = second.CreateVcpu(0);
    }

    private static MemoryRange Range(ulong start, ulong length) => new(new GuestPhysAddr(start), length);
}
