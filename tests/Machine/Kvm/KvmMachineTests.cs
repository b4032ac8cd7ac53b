using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Kvm;

/// <summary>What the seam promises of KVM's machines, and of those in software.</summary>
public class KvmMachineTests
{
    private const ushort Port = 0x510;

    [KvmFact]
    public void MapMemory_Twice_TheRefusalNamesTheSlot()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));

        var error = Assert.Throws<KvmException>(() => vm.Vm.MapMemory(vm.Memory));

        Assert.Equal((Errno.EEXIST, "KVM_SET_USER_MEMORY_REGION"), (error.Errno, error.Operation));
    }

    [KvmFact]
    public void CreateVcpu_IndexThatIsTaken_IsRefused()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));

        var error = Assert.Throws<KvmException>(() => vm.Vm.CreateVcpu(0));

        Assert.Equal("KVM_CREATE_VCPU failed on vCPU 0: EEXIST (File exists)", error.Message);
    }

    [VmFact]
    public void AddDoorbell_Writes_AreSignalledInsteadOfExiting()
    {
        using var signal = EventFd.Create();
        using var vm = new BootedVm(Machines.Real16(new Code16().MovDx(Port).OutDx(2).OutDx(2).Hlt()));
        vm.Vm.AddDoorbell(Port, 2, signal);

        var hasDoorbells = TestMachine.Has(KvmAbility.IoEventFd);

        Assert.Equal(hasDoorbells ? VcpuExitReason.Hlt : VcpuExitReason.Io, vm.Vcpus[0].Run().Reason);
        Assert.Equal(hasDoorbells ? 2UL : 0UL, signal.Take());
    }

    [VmFact]
    public void TryCoalesce_Writes_AreGatheredOrExit()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().MovDx(Port).MovAl(7).OutDx(1).OutDx(1).Hlt()));

        var isGathered = vm.Vm.TryCoalesce(Port) && TestMachine.Has(KvmAbility.CoalescedPortIo);

        Assert.Equal(isGathered ? VcpuExitReason.Hlt : VcpuExitReason.Io, vm.Vcpus[0].Run().Reason);
        Assert.Equal(!isGathered, vm.Vcpus[0].CoalescedWrites.IsEmpty);
    }

    // A guest without paging, and with: afterwards it runs on what the tables say now.
    [VmFact]
    public void ForgetPageTables_TablesChangedBehindItsBack_TheGuestSeesTheNewOnes()
    {
        const ulong Pd = 0x1F_9000, LargePage = 0x20_0000;
        var code = new Code64().Load(rbx, (uint)LargePage).Out(0x500, 0).Load(rbx, (uint)LargePage).Hlt();
        using var vm = new BootedVm(Machines.Long64(code) with { MemoryBytes = 6 * Machines.MiB });
        vm.Memory.TryWrite(new GuestPhysAddr(LargePage), 1UL);
        vm.Memory.TryWrite(new GuestPhysAddr(2 * LargePage), 2UL);
        Assert.Equal(VcpuExitReason.Io, vm.Vcpus[0].Run().Reason);
        Assert.Equal(1UL, vm.Vcpus[0].GetRegisters().rbx);
        var state = vm.Vcpus[0].SaveState();

        // The second entry now leads to the third page.
        vm.Memory.TryWrite(new GuestPhysAddr(Pd + 8), vm.Read<ulong>(Pd + 16));
        vm.Vm.ForgetPageTables();
        Assert.True(vm.Vcpus[0].TryRestoreState(state));

        vm.RunToHlt();
        Assert.Equal(2UL, vm.Vcpus[0].GetRegisters().rbx);
    }
}
