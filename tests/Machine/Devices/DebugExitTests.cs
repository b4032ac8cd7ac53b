using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Devices;

public class DebugExitTests
{
    private const ushort Port = 0xF4;

    [VmTheory]
    [InlineData(1, 0xFF)]
    [InlineData(2, 0xEEFF)]
    [InlineData(4, -0x2233_1101)]
    public void Access_Write_EndsTheVmWithTheValueAsStatus(int size, int status)
    {
        using var vm = Vm(new Code16().MovDx(Port).MovEax(0xDDCC_EEFF).OutDx(size));

        Assert.Equal(new VcpuEnd(VcpuEndKind.Exited, status) { EndsVm = true }, vm.Next());
        Assert.Empty(vm.Vm.Devices.Reports);
    }

    [VmFact]
    public void Access_Read_IsZeroAndTheGuestGoesOn()
    {
        using var vm = Vm(new Code16().MovDx(Port).MovEax(0xFFFF_FFFF).InDx(4).Hlt());

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.RunToEnd());

        Assert.Equal(0U, (uint)vm.Vcpu.GetRegisters().rax);
    }

    [Theory]
    [InlineData(Port, true)]
    [InlineData(Port + 1, false)]
    [InlineData(Port - 1, false)]
    public void Claims_ItsPortOnly(int port, bool expected) =>
        Assert.Equal(expected, new DebugExit(new DebugExitSpec(Port)).Claims((ushort)port));

    private static DispatchedVm Vm(Code16 code) => new(Machines.Real16(code) with { Devices = [new DebugExitSpec(Port)] });
}
