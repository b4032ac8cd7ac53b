using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>Limits that end or delay a VM, each on the real device.</summary>
public sealed class VmLimitsTests : VmTestKit
{
    private const ulong Call = (ulong)HypercallPort.Zero;

    [VmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void CpuBudget_GuestThatSpins_IsOutOfBudget(int vcpus)
    {
        var spec = Limited(new Code64().Spin(), new RunLimits { CpuBudget = TimeSpan.FromMilliseconds(60) })
            .On(machine => machine with { Vcpus = vcpus });

        var result = Run(spec);

        Assert.Equal((VmOutcome.OutOfBudget, false), (result.Outcome, result.IsSuccess));
        Assert.Matches("^it took 0[.][0-9]+ s of processor time, and its CpuBudget is 0[.]06 s$", result.Message);
        var use = Use(result, "CpuBudget");
        Assert.Equal((60_000, 1), (use.Limit, use.Hits));
        Assert.True(use.Used > 60_000);
        Assert.All(result.Vcpus, vcpu => Assert.Equal(VcpuEndKind.Stopped, vcpu.End));
    }

    // A guest that waits uses no processor: only its time-out ends it.
    [VmFact]
    public void CpuBudget_GuestThatWaits_IsNotUsedUp()
    {
        var code = Calls(forEver: true);
        var spec = Limited(code, new RunLimits { CpuBudget = TimeSpan.FromSeconds(100), HypercallsPerSecond = 1 });

        var result = Run(spec with { Timeout = TimeSpan.FromSeconds(0.3) });

        Assert.Equal(VmOutcome.TimedOut, result.Outcome);
        Assert.InRange(Use(result, "CpuBudget").Used!.Value, 0, 99_000_000);
        Assert.InRange(Use(result, "HypercallsPerSecond").Hits, 1, 3);
    }

    [VmFact]
    public void CpuBudget_EnoughOfIt_ChangesNothing()
    {
        var result = Run(Limited(new Code64().Print("x").Hlt(), new RunLimits { CpuBudget = TimeSpan.FromHours(1) }));

        Assert.Equal((VmOutcome.Halted, null), (result.Outcome, result.Message));
        Assert.True(Use(result, "CpuBudget").Used > 0);
    }

    [VmFact]
    public void Exits_MoreThanAllowed_IsOutOfBudget()
    {
        var code = new Code64().Label(out var start).OutByte(0xE9, '.').JmpTo(start);

        var result = Run(Limited(code, new RunLimits { Exits = 300 }));

        Assert.Equal((VmOutcome.OutOfBudget, "it made as many exits as its limit Exits allows, 300"), (result.Outcome, result.Message));
        Assert.Equal(new LimitUse("Exits", 300, 300, 1), Use(result, "Exits"));
        Assert.Equal(VcpuEndKind.OutOfBudget, Assert.Single(result.Vcpus).End);
    }

    // Together they make no more than one alone might.
    [VmFact]
    public void Exits_OfSeveralVcpus_AreCountedTogether()
    {
        var code = new Code64().Label(out var start).OutByte(0xE9, '.').JmpTo(start);

        var result = Run(Limited(code, new RunLimits { Exits = 5000 }).On(machine => machine with { Vcpus = 3 }));

        Assert.Equal(VmOutcome.OutOfBudget, result.Outcome);
        Assert.InRange(Use(result, "Exits").Used!.Value, 4000, 5003);
    }

    [VmFact]
    public void MemoryTouchedMiB_GuestThatWritesToMore_IsOutOfBudget()
    {
        const ulong First = 4 << 20, Pages = 4096;
        var code = new Code64().Mov(rcx, First).Mov(rbx, Pages).Label(out var start)
            .Asm(a => a.mov(__byte_ptr[rcx], 1)).Asm(a => a.add(rcx, 4096)).LoopTo(start).Spin();
        var spec = Limited(code, new RunLimits { MemoryTouchedMiB = 8 }).On(machine => machine with { MemoryBytes = 64 << 20 });

        var result = Run(spec);

        Assert.Equal(VmOutcome.OutOfBudget, result.Outcome);
        Assert.EndsWith("MiB of memory, and its limit MemoryTouchedMiB is 8", result.Message, StringComparison.Ordinal);
        Assert.InRange(Use(result, "MemoryTouchedMiB").Used!.Value, 9, 20);
    }

    [VmFact]
    public void MemoryTouchedMiB_GuestThatTouchesLittle_SaysHowMuch()
    {
        var spec = Limited(new Code64().Print("x").Hlt(), new RunLimits { MemoryTouchedMiB = 8 }).On(machine => machine with { MemoryBytes = 64 << 20 });

        var result = Run(spec);

        Assert.Equal(VmOutcome.Halted, result.Outcome);
        Assert.InRange(Use(result, "MemoryTouchedMiB").Used!.Value, 0, 4);
    }

    // None is lost: the guest makes as many as it wants to, later.
    [VmFact]
    public void HypercallsPerSecond_MoreThanAllowed_AreDelayedAndAllServed()
    {
        var result = Run(Limited(Calls(forEver: false), new RunLimits { HypercallsPerSecond = 20 }));

        Assert.Equal(VmOutcome.Halted, result.Outcome);
        var use = Use(result, "HypercallsPerSecond");
        Assert.Equal(20, use.Limit);

        // All but the first tenth of a second's, and fewer where the guest itself was slow.
        Assert.InRange(use.Hits, 1, 30);
        Assert.InRange(use.Used!.Value, 1, 150);
    }

    [VmFact]
    public void HypercallsPerSecond_Cancelled_EndsAtOnce()
    {
        var vm = StartVm(Limited(new Code64().Print("up\n").Asm(a => a.nop()).Mov(rdx, Call).Label(out var start).OutDxEax().JmpTo(start), new RunLimits { HypercallsPerSecond = 1 }));
        AwaitOutput("up");
        vm.Tell(CancelVm.Instance, TestActor);

        Assert.Equal(VmOutcome.Cancelled, ExpectEnd(vm).Result.Outcome);
    }

    [VmFact]
    public void ConsoleBytesPerSecond_PortWritesBeyondIt_AreDelayedAndComplete()
    {
        var spec = Vms.Long64(new Code64().Print(Lines(30)).Hlt()) with
        {
            Limits = new VmLimits { Console = new ConsoleLimits { ConsoleBytesPerSecond = 200 } },
        };

        var result = Run(spec);

        Assert.Equal((VmOutcome.Halted, Lines(30)), (result.Outcome, Console.Text()));
        Assert.InRange(Use(result, "ConsoleBytesPerSecond").Hits, 1, 30);
        Assert.InRange(Use(result, "ConsoleBytesPerSecond").Used!.Value, 1, 1500);
    }

    [VmFact]
    public void ConsoleBytesPerSecond_CallsBeyondIt_AreDelayedOutsideTheGate()
    {
        // write(1, 0x300, 30), ten times
        var code = new Code64().Mov(rbx, 10).Label(out var start).Out((ushort)HypercallPort.Write, 0x200).LoopTo(start).Hlt()
            .DataAt(0x200, [1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 30]).DataAt(0x300, "123456789012345678901234567890"u8);
        var spec = Vms.Long64(code) with { Limits = new VmLimits { Console = new ConsoleLimits { ConsoleBytesPerSecond = 1000 } } };

        var result = Run(spec);

        Assert.Equal((VmOutcome.Halted, 300), (result.Outcome, Console.Text().Length));
        Assert.InRange(Use(result, "ConsoleBytesPerSecond").Hits, 1, 10);
        Assert.InRange(Use(result, "ConsoleBytesPerSecond").Used!.Value, 1, 1500);
    }

    [VmFact]
    public void ConsoleBytes_MoreThanAllowed_IsCutAndCounted()
    {
        var spec = Vms.Real16(Guests.Print("ab\n0123456789\nc")) with { Limits = new VmLimits { Console = new ConsoleLimits { ConsoleBytes = 5 } } };

        var result = Run(spec);

        Assert.Equal((VmOutcome.Halted, "ab\nc\n"), (result.Outcome, Console.Text()));
        Assert.Equal(new LimitUse("ConsoleBytes", 5, 5, 1), Use(result, "ConsoleBytes"));
    }

    [VmFact]
    public void Limits_OfAnyVm_AreAllReported() => Assert.Equal(
        [
            "OpenFiles", "BytesWritten", "BytesAllocated", "InodesCreated", "FileSize", "PipeBytes", "ConsoleBytes", "ConsoleBytesPerSecond",
            "HypercallsPerSecond", "Exits", "MaxInstructions", "CpuBudget", "MemoryTouchedMiB",
        ],
        Run(Vms.Real16(Guests.Halt())).Limits.Select(use => use.Name));

    private static VmSpec Limited(Code64 code, RunLimits limits) => Vms.Long64(code) with { Limits = new VmLimits { Run = limits } };

    // A call of no effect: 30 times, or for ever.
    private static Code64 Calls(bool forEver) => forEver
        ? new Code64().Mov(rdx, Call).Mov(rax, 0x200).Label(out var again).OutDxEax().JmpTo(again)
        : new Code64().Mov(rdx, Call).Mov(rax, 0x200).Mov(rbx, 30).Label(out var start).OutDxEax().LoopTo(start).Hlt();

    private static string Lines(int count) => string.Concat(Enumerable.Repeat("123456789\n", count));

    private static LimitUse Use(VmResult result, string name) => result.Limits.Single(use => use.Name == name);
}
