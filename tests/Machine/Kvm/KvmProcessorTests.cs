using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Kvm;

public class KvmProcessorTests
{
    [VmFact]
    public void Kick_BeforeRun_EndsItUntilItIsCleared()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));
        var vcpu = vm.Vcpus[0];
        vcpu.BindToCurrentThread();
        vcpu.Kick();

        Assert.Equal(VcpuExitReason.Intr, vcpu.Run().Reason);
        Assert.Equal(VcpuExitReason.Intr, vcpu.Run().Reason);
        vcpu.ClearKick();
        vcpu.Unbind();

        vm.RunToHlt();
    }

    [VmFact]
    public void SetRax_AndRdx_TheGuestGoesOnWithThem()
    {
        using var vm = new BootedVm(Machines.Long64(new Code64().Out(0x500, 1).Copy(r8, rax).Copy(r9, rdx).Hlt()));
        var vcpu = vm.Vcpus[0];
        Assert.Equal(VcpuExitReason.Io, vcpu.Run().Reason);
        Assert.Equal((1UL, 0x500UL), (vcpu.GetExitRegisters().rax, vcpu.GetExitRegisters().rdx));

        vcpu.SetRax(0x1122_3344_5566_7788);
        vcpu.SetRdx(0x99);

        vm.RunToHlt();
        var registers = vcpu.GetRegisters();
        Assert.Equal((0x1122_3344_5566_7788UL, 0x99UL), (registers.r8, registers.r9));
    }

    [VmFact]
    public void GetExitCr3_LongMode_IsTheTopTable()
    {
        using var vm = new BootedVm(Machines.Long64(new Code64().Out(0x500, 1).Hlt()));
        Assert.Equal(VcpuExitReason.Io, vm.Vcpus[0].Run().Reason);

        Assert.Equal(MemoryLayout.Pml4, vm.Vcpus[0].GetExitCr3());
    }

    [VmFact]
    public void SaveState_RestoredOnAVcpuOfAnotherVm_GoesOnThere()
    {
        var spec = Machines.Long64(new Code64().Mov(rbx, 5).Out(0x500, 1).Copy(r8, rbx).Hlt());
        using var from = new BootedVm(spec);
        using var to = new BootedVm(spec);
        Assert.Equal(VcpuExitReason.Io, from.Vcpus[0].Run().Reason);

        Assert.True(to.Vcpus[0].TryRestoreState(from.Vcpus[0].SaveState()));

        to.RunToHlt();
        Assert.Equal(5UL, to.Vcpus[0].GetRegisters().r8);
    }

    [VmFact]
    public void TryRestoreState_SnapshotOfAnotherKindOfVcpu_IsNoStateOfThisOne()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));
        using var fake = new FakeVcpu(0);

        Assert.Throws<InvalidCastException>(() => vm.Vcpus[0].TryRestoreState(fake.SaveState()));
    }

    [VmTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Wait_ATime_SaysWhetherItWasStopped(bool isStopped, bool expected)
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));
        using var stop = new VmStopSignal();
        if (isStopped)
        {
            stop.Request();
        }

        Assert.Equal(expected, vm.Vcpus[0].Wait(stop, new VcpuWait(Nanoseconds: 1)));
    }
}
