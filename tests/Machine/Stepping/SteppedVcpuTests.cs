using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Stepping;

/// <summary>Guests that would notice the trap flag, or a step that gets lost.</summary>
public class SteppedVcpuTests
{
    private const uint Saved = 0x9000, Handled = 0x9008, Idt = 0x8000, Handler = 0x7000;
    private const ulong TrapFlag = 1 << 8;

    [VmTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Run_Stepped_TheGuestDoesWhatItDoesWithout(int steps)
    {
        // Ports, strings, flags, and a HLT with more behind it.
        var code = new Code64().Print("abc").Asm(a =>
        {
            a.mov(ecx, 3);
            a.mov(esi, 0x100);
            a.mov(edi, 0x9100);
            a.rep.movsb();
            a.cpuid();
        }).StoreFlags(Saved).Print("d\n").Hlt().Print("e\n").Hlt();

        var (plain, stepped) = (Run(code, 0), Run(code, steps));

        Assert.Equal(plain, stepped);
        Assert.Equal("abcd\n", stepped.Output);
        Assert.Equal(0UL, stepped.Saved & TrapFlag);
    }

    [VmTheory]
    [InlineData(3)]
    [InlineData(30)]
    public void Run_SteppedThroughAnException_ItsFrameDoesNotTellOfIt(int steps)
    {
        // The handler keeps the flags that it finds in its frame, and goes on behind the UD2. Its first instruction is over when KVM
        // stops.
        var handler = new Code64().Asm(a =>
        {
            a.nop();
            a.mov(rbx, __qword_ptr[rsp + 16]);
            a.add(__qword_ptr[rsp], 2);
            a.iretq();
        });
        var code = new Code64().Asm(a =>
        {
            a.lidt(__[Idt]);
            a.ud2();
            a.nop();
        }).Copy(rax, rbx).Store(Saved, rax).Asm(a => a.nop()).Hlt();

        var (plain, stepped) = (Run(code, 0, handler), Run(code, steps, handler));

        // Hardware saves the flag itself, and nobody hears of the exception before its handler has read it.
        var ownFlag = TestMachine.Has(KvmAbility.Ring3SingleStep) ? TrapFlag : 0;
        Assert.Equal(plain, stepped with { Saved = stepped.Saved & ~ownFlag });
        Assert.NotEqual(0UL, stepped.Saved);
    }

    [VmFact]
    public void Run_StoppedWhileStepping_Ends()
    {
        SessionVm? vm = null;
        var watcher = new Watcher(int.MaxValue) { OnStep = count => { if (count == 50) { vm!.Stop.Request(); } } };
        using (vm = new SessionVm(Machines.Long64(new Code64().Spin()), new VcpuSessionOptions { Observer = watcher }))
        {
            Assert.Equal(new VcpuEnd(VcpuEndKind.Stopped), vm.Run());
        }

        Assert.Equal(50, watcher.Count);
    }

    private static (string Output, ulong Saved, VcpuEnd End, string Exits) Run(Code64 code, int steps, Code64? handler = null)
    {
        var watcher = new Watcher(steps);
        using var vm = new SessionVm(Machines.Long64(code), new VcpuSessionOptions { Observer = watcher });
        if (handler is not null)
        {
            // One gate, for #UD, and the pointer to the table before it.
            const int Gates = 0x8010, InvalidOpcode = 6, GateBytes = 16;
            vm.Write(Handler, handler.ToArray());
            vm.Write<ushort>(Idt, 0xFFF);
            vm.Write<ulong>(Idt + 2, Gates);
            vm.Write<ulong>(Gates + (InvalidOpcode * GateBytes), 0x8E00UL << 32 | 8UL << 16 | Handler);
        }

        var end = vm.Run();
        return (vm.Output.Text(), vm.Read<ulong>(Saved), end, string.Join(' ', watcher.Exits));
    }

    private sealed class Watcher(int steps) : IVcpuObserver
    {
        public int Steps => steps;

        public bool StepsRing3 => TestMachine.Has(KvmAbility.Ring3SingleStep);

        public Action<int>? OnStep { get; init; }

        public int Count { get; private set; }

        public List<VcpuExitReason> Exits { get; } = [];

        public void Stepping(string vm, IVcpu vcpu, GuestMemory memory) => OnStep?.Invoke(++Count);

        public void NotStepping(string vm, IVcpu vcpu, StepGap gap)
        {
        }

        public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory) => Exits.Add(vmExit.Reason);
    }
}
