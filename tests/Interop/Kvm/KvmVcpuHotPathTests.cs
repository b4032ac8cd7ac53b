using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class KvmVcpuHotPathTests
{
    private const int Exits = 20_000;

    [KvmFact]
    public void Run_PortExits_AllocatesNothing()
    {
        using var vm = new RealModeVm(new Code16().MovDx(0xE9).MovAl((byte)'x').Label(out var again).OutDx(1).JmpTo(again));
        RunExits(vm.Vcpu, 100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = RunExits(vm.Vcpu, Exits);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((0L, (long)Exits * 'x'), (allocated, sum));
    }

    [KvmFact]
    public void Run_ExitsWithRegistersReadAndWritten_AllocatesNothing()
    {
        using var vm = new RealModeVm(new Code16().MovDx(0x8010).Label(out var again).OutDx(4).JmpTo(again));
        RunExits(vm.Vcpu, 100);
        vm.Vcpu.GetExitCr3();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < Exits / 10; index++)
        {
            vm.Vcpu.Run();
            vm.Vcpu.SetRax(vm.Vcpu.GetExitRegisters().rax + vm.Vcpu.GetExitCr3() + 1);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static long RunExits(KvmVcpu vcpu, int count)
    {
        long sum = 0;
        for (var index = 0; index < count; index++)
        {
            var exit = vcpu.Run();
            if (exit.Reason == VcpuExitReason.Io)
            {
                sum += exit.Io.Value;
            }
        }

        return sum;
    }
}
