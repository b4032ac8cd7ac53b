using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Tests.Support;
using KvmActors.Software;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>VMs that are stopped at an instruction or after so many.</summary>
public sealed class UntilTests : VmTestKit
{
    private const ulong Counter = 0x8000;

    [Fact]
    public void RunScenario_ToACount_StopsExactlyThereAndThatIsWanted()
    {
        var vm = Assert.Single(Run(new StopPoint(null, 1000), Spinning(1)).Vms);

        Assert.Equal((VmOutcome.Reached, true), (vm.Outcome, vm.IsSuccess));
        Assert.Equal(VcpuEndKind.Reached, Assert.Single(vm.Vcpus).End);
        Assert.Equal(1000UL, vm.Crash?.Instructions);
        Assert.EndsWith(", after 1000 instructions", vm.Message, StringComparison.Ordinal);
        Assert.NotEmpty(vm.Crash!.Branches);
    }

    [Fact]
    public void RunScenario_ToARip_StopsBeforeItThoughAlwaysStartedAgain()
    {
        var spec = Spinning(1) with { Restart = new RestartPolicy { Mode = RestartMode.Always } };

        var vm = Assert.Single(Run(new StopPoint(0xD, null), spec).Vms);

        Assert.Equal((VmOutcome.Reached, 0xDUL, 0), (vm.Outcome, vm.Vcpus[0].Registers!.Value.rip, vm.Restarts));
        Assert.StartsWith("stopped before RIP 0xd, after ", vm.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RunScenario_ThatNeverGetsThere_EndsAsWithout()
    {
        var vm = Assert.Single(Run(new StopPoint(0x5000, null), Vms.Real16(Guests.Exit(3), "exit")).Vms);

        Assert.Equal((VmOutcome.Exited, 3), (vm.Outcome, vm.ExitCode));
        Assert.Null(vm.Crash);
    }

    // Where the others are when one is stopped depends on instructions alone, too.
    [Fact]
    public void RunScenario_SeveralVcpus_StopWhereTheyAreEveryTime()
    {
        var spec = Spinning(3) with { Instances = 6, ReadBack = [new ReadBackSpec(new GuestPhysAddr(Counter), 8)] };

        var states = Run(new StopPoint(null, 120_000), spec).Vms.Select(StateOf).ToList();

        Assert.Equal(6, states.Count);
        Assert.Single(states.Distinct());
        Assert.Contains("0 Reached", states[0], StringComparison.Ordinal);
        Assert.Contains("1 Stopped", states[0], StringComparison.Ordinal);
    }

    private static string StateOf(VmResult vm)
    {
        var vcpus = vm.Vcpus.Select(vcpu => $"{vcpu.Index} {vcpu.End} {vcpu.Registers!.Value.rip:x} {vcpu.Registers.Value.rbx:x}");
        return $"{vm.Message}; {string.Join("; ", vcpus)}; {Convert.ToHexString([.. vm.ReadBack[0].Bytes])}";
    }

    private ScenarioResult Run(StopPoint until, VmSpec vm) =>
        RunScenario(CreateScenario(new VmServices(new SoftwareHypervisor(), Console, new ExitSamplingOptions()) { Until = until }), 1, vm);

    // mov (10 bytes), then for ever: inc rbx (3), lock inc (4), jmp (2).
    private static VmSpec Spinning(int vcpus) => Vms.Long64(
        new Code64().Asm(code =>
        {
            var again = code.CreateLabel();
            code.mov(rdi, Counter);
            code.Label(ref again);
            code.inc(rbx);
            code.@lock.inc(__qword_ptr[rdi]);
            code.jmp(again);
        }),
        "spin").On(machine => machine with { Vcpus = vcpus });
}
