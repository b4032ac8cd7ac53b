using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Software;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>VMs by what executes their instructions; those in software need no KVM.</summary>
public sealed class BackendTests : VmTestKit
{
    private VmServices InSoftware => new(new SoftwareHypervisor(), Console, new ExitSamplingOptions());

    private static VmSpec[] Samples =>
    [
        Vms.Real16(Guests.Halt(), "halt"), Vms.Real16(Guests.Exit(3), "exit"), Vms.Real16(Guests.Panic("no init"), "panic"),
        Vms.Real16(Guests.Crash(), "crash"), Vms.Real16(Guests.Print("hello"), "print"), Vms.Long64(new Code64().Print("long\n").Hlt(), "long"),
    ];

    [Fact]
    public void RunScenario_InSoftware_EndsAsTheGuestsDo()
    {
        var result = RunScenario(CreateScenario(InSoftware), 2, Samples);

        Assert.Equal(
            [VmOutcome.Halted, VmOutcome.Exited, VmOutcome.Panicked, VmOutcome.Crashed, VmOutcome.Halted, VmOutcome.Halted], result.Vms.Select(vm => vm.Outcome));
        Assert.All(result.Vms, vm => Assert.Equal(Backend.Software, vm.Backend));
        Assert.Equal((3, "hello\n", "long\n"), (result.Vms[1].ExitCode, Console.Text("print-0"), Console.Text("long-0")));
        Assert.Equal("unclaimed port 0x1234: out of 2 bytes, value 0xbeef", result.Vms[3].Message?.Split(", RIP")[0]);
        Assert.NotNull(result.Vms[3].Crash);
    }

    [KvmFact]
    public void RunScenario_BackendsSideBySide_EndAlike()
    {
        var services = Services with { OtherHypervisors = [new SoftwareHypervisor()] };
        var vms = ((Backend[])[Backend.Kvm, Backend.Software]).SelectMany(
            backend => Samples.Select(vm => vm with { Name = $"{vm.Name}.{backend}", Backend = backend })).ToArray();

        var result = RunScenario(CreateScenario(services), 3, vms);

        var native = result.Vms.Where(vm => vm.Backend == Backend.Kvm).ToList();
        var software = result.Vms.Where(vm => vm.Backend == Backend.Software).ToList();
        Assert.Equal((Samples.Length, Samples.Length), (native.Count, software.Count));
        Assert.All(native.Zip(software), pair => Assert.Equal(Summary(pair.First), Summary(pair.Second)));
    }

    [Fact]
    public void RunScenario_NothingForTheBackend_FailsToStart()
    {
        var result = RunScenario(CreateScenario(InSoftware), 1, Vms.Real16(Guests.Halt()) with { Backend = Backend.Kvm });

        var vm = Assert.Single(result.Vms);
        Assert.Equal((VmOutcome.FailedToStart, Backend.Kvm), (vm.Outcome, vm.Backend));
        Assert.Contains("Kvm", vm.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RunScenario_SeveralVcpusInSoftware_TakeTurnsTheSameWayEveryTime()
    {
        // Each notes its number in the next free byte, 30,000 times.
        const uint Times = 30_000, Vcpus = 3, Counter = 0x10_0000, Notes = 0x20_0000;
        var code = new Code64().Mov(rbx, Times).Mov(rcx, Counter).Mov(rsi, Notes).Label(out var start).Asm(a =>
        {
            a.mov(eax, 1);
            a.@lock.xadd(__dword_ptr[rcx], eax);
            a.mov(__byte_ptr[rsi + rax], r8b);
        }).LoopTo(start).Hlt();
        var vm = Vms.Long64(code).On(machine => machine with { Vcpus = (int)Vcpus }) with
        {
            Instances = 6,
            Start = VmStart.Warm,
            ReadBack = [new ReadBackSpec(new GuestPhysAddr(Notes), (int)(Times * Vcpus))],
        };

        var result = RunScenario(CreateScenario(InSoftware), 2, vm);

        var notes = result.Vms.Select(ended => Assert.Single(ended.ReadBack).Bytes).ToList();
        Assert.All(notes, note => Assert.True(notes[0].SequenceEqual(note)));
        Assert.Equal("0 1 2", string.Join(' ', notes[0].Distinct().Order()));
        Assert.True(notes[0].Zip(notes[0].Skip(1)).Count(pair => pair.First != pair.Second) >= 4, "They took no turns.");
        Assert.Equal(Vcpus * Times, (uint)notes[0].Count);
        Assert.Contains(result.Vms, ended => ended.Start == VmStart.Warm);
    }

    [Fact]
    public void RunScenario_InSoftware_HasTheSameTraceWhoeverEndsFirst()
    {
        // As many turns as its number: those that start later end earlier.
        static VmSpec Counting(int size)
        {
            var code = new Code64().Mov(rbx, (ulong)(5 - size) * 100_000).Label(out var start).LoopTo(start).OutByte(0xE9, 'x').Hlt();
            return Vms.Long64(code, $"vm{size}").On(machine => machine with { Vcpus = 2 }) with { Instances = 3, Start = VmStart.Warm };
        }

        VmSpec[] vms = [Counting(1), Counting(2), Counting(3), Counting(4)];

        var scenario = CreateScenario(InSoftware);
        var runs = ((int[])[1, 3, 12, 12]).Select(concurrency => RunScenario(scenario, concurrency, vms)).ToList();

        Assert.NotNull(runs[0].TraceHash);
        Assert.Single(runs.Select(run => run.TraceHash).Distinct());
        Assert.Single(runs.Select(run => string.Join(' ', run.Vms.Select(vm => $"{vm.Id} {vm.Instructions} {vm.TraceHash}"))).Distinct());
        Assert.All(runs[0].Vms, vm => Assert.True(vm.Instructions > 200_000));
    }

    [Fact]
    public void RunScenario_OneVcpuThatEndsItsVm_StopsTheOthersAtTheSameInstruction()
    {
        // The first makes the exit call after a while, the others spin.
        var code = new Code64().Asm(a =>
        {
            a.test(r8, r8);
            var first = a.CreateLabel();
            var spin = a.CreateLabel();
            a.je(first);
            a.Label(ref spin);
            a.inc(rax);
            a.jmp(spin);
            a.Label(ref first);
        }).Mov(rbx, 200_000).Label(out var start).LoopTo(start).Asm(a => a.ud2());
        var vm = Vms.Long64(code).On(machine => machine with { Vcpus = 3 }) with { Instances = 10, Start = VmStart.Cold };

        var result = RunScenario(CreateScenario(InSoftware), 4, vm);

        Assert.All(result.Vms, ended => Assert.Equal(VmOutcome.Crashed, ended.Outcome));
        Assert.Single(result.Vms.Select(ended => (ended.Instructions, ended.TraceHash)).Distinct());
        Assert.NotNull(result.Vms[0].TraceHash);
    }

    [Fact]
    public void RunScenario_MaxInstructions_EndsTheVmThere()
    {
        var vm = Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = 2 });
        vm = vm with { Limits = vm.Limits with { Run = new RunLimits { MaxInstructions = 123_456 } } };

        var result = RunScenario(CreateScenario(InSoftware), 1, vm).Vms[0];

        Assert.Equal((VmOutcome.OutOfBudget, 123_456L), (result.Outcome, result.Instructions));
        Assert.Contains("MaxInstructions", result.Message, StringComparison.Ordinal);
        Assert.Equal(new LimitUse("MaxInstructions", 123_456, 123_456, 1), result.Limits.Single(use => use.Name == "MaxInstructions"));
        Assert.NotNull(result.TraceHash);
    }

    [Fact]
    public void RunScenario_EndedByTheClock_PromisesNoTrace()
    {
        var result = RunScenario(CreateScenario(InSoftware), 1, Vms.Real16(Guests.Spin()) with { Timeout = TimeSpan.FromMilliseconds(50) });

        Assert.Null(result.TraceHash);
        Assert.True(result.Vms[0].Instructions > 0);
        Assert.Null(result.Vms[0].TraceHash);
    }

    [Fact]
    public void RunScenario_ResetInSoftware_IsAsIfNew()
    {
        // Each prints so many bytes as its index plus one; what it counts with is never set back by itself.
        var code = new Code64().Copy(rbx, r8).Asm(a => a.inc(ebx)).Label(out var start)
            .OutByte(0xE9, '.').LoopTo(start).Mov(rdx, (ulong)HypercallPort.Exit).Copy(rax, r8).OutDxEax();

        var vm = Vms.Long64(code).On(machine => machine with { Vcpus = 4 }) with { Instances = 12, Start = VmStart.Warm };
        var result = RunScenario(CreateScenario(InSoftware), 2, vm);

        Assert.All(result.Vms, ended => Assert.Equal([2L, 3, 4, 5], ended.Vcpus.Select(vcpu => vcpu.Exits[Interop.Kvm.VcpuExitReason.Io])));
        Assert.InRange(result.Vms.Count(ended => ended.Start == VmStart.Warm), 10, 11);
    }

    [Fact]
    public void RunScenario_SpinningInSoftware_IsStopped()
    {
        // All but one of them wait for their turn.
        var vm = Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = 4 }) with { Timeout = TimeSpan.FromMilliseconds(50) };

        var result = RunScenario(CreateScenario(InSoftware), 1, vm);

        Assert.Equal((VmOutcome.TimedOut, 4), (result.Vms[0].Outcome, result.Vms[0].Vcpus.Count));
        Assert.All(result.Vms[0].Vcpus, vcpu => Assert.Equal(VcpuEndKind.Stopped, vcpu.End));
    }

    // Where RIP is at the exit of an OUT, on it or behind it, is each KVM's own affair.
    private static string Summary(VmResult vm) =>
        $"{vm.Name.Split('.')[0]} {vm.Outcome} {vm.ExitCode} {vm.Message?.Split(", RIP")[0]} {string.Join(", ", vm.Vcpus.SelectMany(vcpu => vcpu.Exits).Select(exit => $"{exit.Key}:{exit.Value}"))}";
}
