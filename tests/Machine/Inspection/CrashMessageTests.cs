using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Inspection;

/// <summary>One line for each exit that ends a vCPU. Those of guests that touch what nothing claims are VcpuLoop's tests.</summary>
public class CrashMessageTests
{
    [VmFact]
    public void For_StoreToReadOnlyMemory_SaysThatItIsReadOnly()
    {
        MemoryRange[] ranges = [new(new GuestPhysAddr(0), 0x1000), new(new GuestPhysAddr(0x1000), 0x1000, IsReadOnly: true)];
        var regions = ranges.Select((range, index) => new RegionSpec(range, index == 0 ? RegionContent.Image : RegionContent.Nothing));
        var spec = Machines.Real16(new Code16().MovAx(0xBEEF).Store(2, 0x1010).Hlt()) with { Regions = [.. regions] };
        if (!TestBackend.IsSoftware && TestMachine.Device.CheckExtension(KvmCapability.ReadOnlyMemory) == 0)
        {
            Assert.Throws<KvmException>(() => new BootedVm(spec));
            return;
        }

        using var vm = new BootedVm(spec);
        var exit = vm.Vcpus[0].Run();

        Assert.StartsWith(
            TestMachine.Has(KvmAbility.ReadOnlyMemory) ? "read-only address 0x1010: write of 2 bytes, efbe, RIP 0x" : "unexpected exit",
            CrashMessage.For(exit, vm.Vcpus[0], vm.Memory),
            StringComparison.Ordinal);
    }

    [VmFact]
    public void For_UnexpectedReason_NamesItAndItsNumber()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));
        var exit = vm.Vcpus[0].Run();

        // The dispatcher never asks about HLT; whatever else KVM thinks of next is told the same way.
        Assert.Equal("unexpected exit Hlt (reason 5), RIP 0x1", CrashMessage.For(exit, vm.Vcpus[0], vm.Memory));
    }

    [VmFact]
    public void For_SingleStep_NamesExceptionAddressAndStatus()
    {
        using var vm = new BootedVm(Machines.Long64(new Code64().Mov(rax, 1).Hlt()));
        vm.Vcpus[0].SetDebug(new VcpuDebug { SingleStep = true });

        var message = CrashMessage.For(vm.Vcpus[0].Run(), vm.Vcpus[0], vm.Memory);

        Assert.Matches(
            TestMachine.Has(KvmAbility.Ring0SingleStep) ? "^debug exception 1 at 0xa, DR6 0x[0-9a-f]+$" : "^unexpected exit Hlt",
            message);
    }
}
