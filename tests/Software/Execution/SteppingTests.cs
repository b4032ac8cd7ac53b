using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Execution;

/// <summary>Single steps of the host's, which the guest does not see.</summary>
public sealed class SteppingTests
{
    private const ulong Saved = 0x10_0000;

    [Fact]
    public void Run_Stepped_ShowsEveryInstructionAndLeavesNoTrapFlag()
    {
        var code = SoftwareVm.Assemble(64, code =>
        {
            code.pushfq();
            code.pop(rax);
            code.mov(__qword_ptr[Saved], rax);
            code.hlt();
        });
        var plan = BootPlans.For(new MachineSpec
        {
            Name = "stepped",
            Boot = BootProtocol.Long64,
            Image = FlatImage.Parse(code, new GuestPhysAddr(0), 0),
            MemoryBytes = 4 << 20,
        });
        using var vm = VirtualMachine.Create(new SoftwareHypervisor(), plan);
        using var vcpu = vm.CreateVcpu(0);
        using var stop = new VmStopSignal();
        var observer = new Watcher();

        var end = new VcpuSession(
            vm, vcpu, new GuestConsole("vm", new RecordingOutput(), 1 << 20), stop, new VcpuSessionOptions { Observer = observer }).Run();

        Assert.Equal((VcpuEndKind.Halted, 4, 0), (end.Kind, observer.Seen, observer.Gaps));
        Assert.True(vm.Memory.TryRead(new(Saved), out ulong flags));
        Assert.Equal(0UL, flags & 0x100);
    }

    private sealed class Watcher : IVcpuObserver
    {
        public int Seen { get; private set; }

        public int Gaps { get; private set; }

        int IVcpuObserver.Steps => 100;

        public void Stepping(string vm, IVcpu vcpu, GuestMemory memory) => Seen++;

        public void NotStepping(string vm, IVcpu vcpu, StepGap gap) => Gaps++;

        public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory)
        {
        }
    }
}
