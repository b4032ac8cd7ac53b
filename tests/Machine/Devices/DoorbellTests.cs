using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Devices;

public class DoorbellTests
{
    private const ushort Port = 0x510;

    [VmFact]
    public void Report_WritesOfItsSize_AreCountedWithoutAnExit()
    {
        using var vm = Vm(new Code16().MovDx(Port).OutDx(1).OutDx(1).OutDx(1).Hlt());

        // Where KVM keeps no doorbells, each write would crash: nothing claims the port.
        Assert.Equal(new VcpuEnd(TestMachine.Has(KvmAbility.IoEventFd) ? VcpuEndKind.Halted : VcpuEndKind.Crashed), vm.Next()! with { Message = null });

        var report = vm.Report;
        Assert.Equal(("Doorbell", Port, TestMachine.Has(KvmAbility.IoEventFd) ? 3L : 0L), (report.Type, report.Location, report.Count));
        Assert.Empty(report.Writes);
    }

    [VmFact]
    public void Report_WritesOfAnotherSize_ExitAndAreNobodys()
    {
        using var vm = Vm(new Code16().MovDx(Port).OutDx(2));

        Assert.Equal(VcpuEndKind.Crashed, vm.Next()?.Kind);

        Assert.Equal(0, vm.Report.Count);
    }

    [Fact]
    public void Create_HostRefuses_ThrowsItsReason() => Assert.Throws<KvmException>(
        () => Doorbell.Create(new DoorbellSpec(Port, 1), new FakeHypervisor { Refused = nameof(IVirtualMachine.AddDoorbell) }));

    private static DispatchedVm Vm(Code16 code) => new(Machines.Real16(code) with { Devices = [new DoorbellSpec(Port, 1)] });
}
