using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Execution;

public class VcpuSessionTests
{
    private const ushort CallPort = 0x8000;
    private const int KickSignal = 42;

    [VmFact]
    public void Run_Guest_TellsWhenItEnteredAndLeft()
    {
        using var vm = new SessionVm(Machines.Long64(new Code64().Print("x").Hlt()));
        Assert.Equal((0, 0), (vm.Session.Entered, vm.Session.Left));
        var before = Stopwatch.GetTimestamp();

        vm.Run();

        Assert.InRange(vm.Session.Entered, before, vm.Session.Left);
        Assert.InRange(vm.Session.Left, vm.Session.Entered, Stopwatch.GetTimestamp());
    }

    [VmFact]
    public void Run_StoppedInTheMiddleOfALine_LetsTheRestOut()
    {
        SessionVm? vm = null;
        var observer = new Observer { OnExit = (_, _) => vm!.Stop.Request() };
        using (vm = new SessionVm(Machines.Long64(new Code64().Print("x").Spin()), new VcpuSessionOptions { Observer = observer }))
        {
            Assert.Equal(new VcpuEnd(VcpuEndKind.Stopped), vm.Run());
            Assert.Equal("x", vm.Output.Text());
        }
    }

    [VmFact]
    public void Run_Ended_AKickNoLongerInterruptsTheThread()
    {
        IVcpu? vcpu = null;
        var options = new VcpuSessionOptions
        {
            Hypercalls = context =>
            {
                vcpu = context.Vcpu;
                return new FakeHypercalls();
            },
        };
        using var vm = new SessionVm(Machines.Long64(new Code64().Hlt()), options);
        vm.Run();
        using var mask = new SignalMask(KickSignal);

        vcpu!.Kick();

        Assert.False(mask.IsPending);
    }

    [VmFact]
    public void Run_WithHypercalls_TheyAreGivenWhatTheyWorkOn()
    {
        HypercallContext? given = null;
        FakeHypercalls? calls = null;
        var options = new VcpuSessionOptions
        {
            Hypercalls = context =>
            {
                given = context;
                return calls = new FakeHypercalls(CallPort)
                {
                    Answer = value =>
                    {
                        context.Statistics.RecordCall(5, ticks: 1);
                        context.Note.Set(new RecordedCall(5, 0, 0, Result: value));
                        return null;
                    },
                    Path = "/etc/hosts",
                };
            },
            Recording = new RecordingOptions(TimelineExits: 10),
        };
        using var vm = new SessionVm(Machines.Long64(new Code64().Out(CallPort, 9).Hlt()), options);

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Run());

        Assert.Same(vm.Memory, given?.Memory);
        Assert.Same(vm.Stop, given?.Stop);
        Assert.Same(vm.Statistics, given?.Statistics);
        Assert.Equal([9U], calls?.Calls);
        Assert.Equal((5, 1L), (Assert.Single(vm.Statistics.Calls).Number, Assert.Single(vm.Statistics.Calls).Durations.Count));

        // The call is one exit's, not the next one's.
        Assert.Equal([(5, 9L, "/etc/hosts"), (null, 0, null)], vm.Sampler.Samples.ToArray().Select(sample => (sample.Call, sample.CallResult, sample.Path)));
        Assert.Equal([true, false], vm.Session.FinishRecording()!.Timeline.Select(exit => exit.HasCall));
    }

    [VmFact]
    public void Run_WithoutHypercalls_ACallIsACrash()
    {
        using var vm = new SessionVm(Machines.Long64(new Code64().Out(CallPort, 9)));

        Assert.Equal(VcpuEndKind.Crashed, vm.Run().Kind);
    }

    [VmFact]
    public void Run_Observed_EveryExitIsShownBeforeItIsHandled()
    {
        SessionVm? vm = null;
        var observer = new Observer();
        observer.OnExit = (_, _) => observer.Outputs.Add(vm!.Output.Text());
        using (vm = new SessionVm(Machines.Long64(new Code64().Print("a\n").Hlt()), new VcpuSessionOptions { Observer = observer }))
        {
            vm.Run();
        }

        Assert.Equal([("vm", VcpuExitReason.Io), ("vm", VcpuExitReason.Io), ("vm", VcpuExitReason.Hlt)], observer.Exits);
        Assert.Equal(["", "", "a\n"], observer.Outputs);
    }

    [VmTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(99)]
    public void Run_ObserverThatWantsSteps_SeesTheFirstInstructionsAndTheGuestEndsAsUsual(int steps)
    {
        var observer = new Observer { Steps = steps };
        var code = new Code64().Mov(rax, 1).Mov(rbx, 2).Mov(rcx, 3).Mov(rdx, 4).Hlt();
        using var vm = new SessionVm(Machines.Long64(code), new VcpuSessionOptions { Observer = observer });

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Run());

        // Each MOV has 10 bytes.
        Assert.Equal(new ulong[] { 0, 10, 20, 30, 40 }.Take(steps), observer.Stepped);
        Assert.Equal([VcpuExitReason.Hlt], observer.Exits.Select(exit => exit.Reason));
    }

    [VmFact]
    public void FinishRecording_NothingAskedFor_IsNull()
    {
        using var vm = new SessionVm(Machines.Long64(new Code64().Hlt()));

        vm.Run();

        Assert.Null(vm.Session.FinishRecording());
    }

    [VmFact]
    public void FinishRecording_Timeline_HasTheNewestExitsAndTheRunsTimes()
    {
        var origin = Stopwatch.GetTimestamp();
        var options = new VcpuSessionOptions { Recording = new RecordingOptions(TimelineExits: 2), Origin = origin };
        using var vm = new SessionVm(Machines.Long64(new Code64().Print("abc").Hlt()), options);

        vm.Run();
        var recording = vm.Session.FinishRecording()!;

        Assert.Equal((0, vm.Session.Entered, vm.Session.Left), (recording.Index, recording.Entered, recording.Left));
        Assert.Equal([(VcpuExitReason.Io, 0x3F8UL), (VcpuExitReason.Hlt, 0UL)], recording.Timeline.Select(exit => (exit.Reason, exit.Location)));
        Assert.Equal((2, 4), (recording.Dropped, recording.Slowest.Count));
        Assert.InRange(recording.Latencies.UsedColumns, 1, LatencyOverTime.Columns);
    }

    [VmFact]
    public void Run_TablesThatLeadNowhere_EndsAsACrash()
    {
        const ulong Pml4 = 0x1F_7000;
        using var vm = new SessionVm(Machines.Long64(new Code64().Hlt()));
        vm.Write(Pml4, 0UL);

        Assert.Equal(VcpuEndKind.Crashed, vm.Run().Kind);
        Assert.NotEqual(0, vm.Session.Left);
    }

    private sealed class Observer : IVcpuObserver
    {
        public int Steps { get; init; }

        public bool StepsRing3 => TestMachine.Has(KvmAbility.Ring3SingleStep);

        public List<ulong> Stepped { get; } = [];

        public void Stepping(string vm, IVcpu vcpu, GuestMemory memory) => Stepped.Add(vcpu.GetRegisters().rip);

        public void NotStepping(string vm, IVcpu vcpu, StepGap gap)
        {
        }

        public Action<VcpuExitReason, IVcpu>? OnExit { get; set; }

        public List<(string Vm, VcpuExitReason Reason)> Exits { get; } = [];

        public List<string> Outputs { get; } = [];

        public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory)
        {
            Exits.Add((vm, vmExit.Reason));
            OnExit?.Invoke(vmExit.Reason, vcpu);
        }
    }
}
