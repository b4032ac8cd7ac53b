using Akka.Actor;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

public sealed class StartGuardTests : VmTestKit
{
    // What a VM of 1 MiB counts as, and what is kept free.
    private const long KiBOfVm = 1024 + 4 + 256, KiBOfReserve = 64 << 10;

    private static readonly VmSpec Small = Vms.Real16(Guests.Print("x"), "small");

    private readonly TempFolder _host = new();

    private VmServices Guarded => Services with { Memory = new HostMemory(_host.Root), Threads = new HostThreads(_host.Root) };

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void FindShortage_FirstVm_MustFitIntoWhatIsLeft(int moreKiB, bool fits)
    {
        HasLeft(KiBOfReserve + KiBOfVm + moreKiB);

        Assert.Equal(fits, Guard().FindShortage(Small, overcommits: false) is null);
    }

    [Fact]
    public void FindShortage_VmsThatHaveTouchedNothing_CountInFull()
    {
        HasLeft(KiBOfReserve + (3 * KiBOfVm) - 1);
        var guard = Guard();
        guard.Begin();
        guard.Take(Small);
        Assert.Null(guard.FindShortage(Small, overcommits: false));
        guard.Take(Small);

        Assert.Equal(
            "it may take 1 MiB of memory, and the host has 1 MiB left for it: lower MemoryMiB, or set Scenario:OvercommitMemory",
            guard.FindShortage(Small, overcommits: false));

        guard.Return(Small);
        Assert.Null(guard.FindShortage(Small, overcommits: false));
    }

    [Fact]
    public void FindShortage_MemoryThatWasTouched_DoesNotCountTwice()
    {
        var guard = Guard();
        HasLeft(KiBOfReserve + (2 * KiBOfVm), own: 5000);
        guard.Begin();
        guard.Take(Small);

        // All of the first VM's memory is in use now, so that much less is available.
        HasLeft(KiBOfReserve + KiBOfVm, own: 5000 + KiBOfVm);
        Assert.Null(guard.FindShortage(Small, overcommits: false));

        HasLeft(KiBOfReserve + KiBOfVm, own: 5000 + KiBOfVm - 1);
        Assert.NotNull(guard.FindShortage(Small, overcommits: false));
    }

    [Fact]
    public void FindShortage_KernelThatDoesNotTell_IsNone() => Assert.Null(new StartGuard(new HostMemory(_host["nowhere"]), new HostThreads(_host["nowhere"])).FindShortage(Small, overcommits: false));

    [Theory]
    [InlineData(2, Backend.Kvm, null)]
    [InlineData(3, Backend.Kvm, "its vCPUs and KVM take 4 threads")]
    [InlineData(3, Backend.Software, null)]
    [InlineData(4, Backend.Software, "its vCPUs take 4 threads")]
    public void FindShortage_Threads_MustBeLeftForEachVcpuAndTheRuntime(int vcpus, Backend backend, string? expected)
    {
        HasLeft(1 << 20);
        HasThreads(16 + Environment.ProcessorCount + 3);

        var shortage = Guard().FindShortage(Small.On(machine => machine with { Vcpus = vcpus }) with { Backend = backend }, overcommits: true);

        Assert.Equal(
            expected is null ? null : $"{expected}, and the host has 3 left for them: raise ulimit -u, or pids.max of the control group",
            shortage);
    }

    [VmFact]
    public void RunScenario_ThreadsForOneVm_TheOthersWaitForItsEnd()
    {
        HasLeft(1 << 20);
        HasThreads(16 + Environment.ProcessorCount + 3);

        var result = RunScenario(CreateScenario(Guarded), 4, Small with { Instances = 4 });

        Assert.Equal((4, 3, true), (result.Vms.Count, result.DelayedStarts, result.IsSuccess));
    }

    [VmFact]
    public void RunScenario_RoomForOneVm_TheOthersWaitForItsEnd()
    {
        HasLeft(KiBOfReserve + (2 * KiBOfVm) - 1);
        var (alive, most) = (0, 0);
        Console.OnWrite = _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref alive));
            TestTime.Spin(2_000_000);
            Interlocked.Decrement(ref alive);
        };

        var result = RunScenario(CreateScenario(Guarded), 4, Small with { Instances = 4 });

        Assert.True(result.IsSuccess);
        Assert.Equal((4, 3, 1), (result.Vms.Count, result.DelayedStarts, most));
    }

    [VmFact]
    public void RunScenario_MemoryThatOthersGiveBack_IsNoticed()
    {
        HasLeft(KiBOfReserve + KiBOfVm);
        var scenario = CreateScenario(Guarded);
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 2, [Vms.Real16(Guests.Spin(), "first"), Small])), TestActor);
        AwaitOutput("up");

        HasLeft(1 << 20);

        AwaitOutput("x");
        scenario.Tell(CancelScenario.Instance, TestActor);
        Assert.Equal(
            [("first-0", VmOutcome.Cancelled), ("small-0", VmOutcome.Halted)],
            ExpectMsg<ScenarioEnded>(Patience).Result.Vms.Select(vm => (vm.Id, vm.Outcome)));
    }

    [VmFact]
    public void RunScenario_VmThatNeverFits_FailsToStartWhenNothingElseRuns()
    {
        HasLeft(KiBOfReserve + (2 * KiBOfVm));
        var big = Vms.Real16(Guests.Halt(), "big").On(machine => machine with { MemoryBytes = 64 * Machines.MiB });

        var result = RunScenario(CreateScenario(Guarded), 4, Small, big, Small with { Name = "last" });

        Assert.Equal([VmOutcome.Halted, VmOutcome.FailedToStart, VmOutcome.Halted], result.Vms.Select(vm => vm.Outcome));
        Assert.StartsWith("it may take 64 MiB of memory, and the host has 2 MiB left for it", result.Vms[1].Message, StringComparison.Ordinal);
    }

    [VmFact]
    public void RunScenario_Overcommit_StartsThemAll()
    {
        HasLeft(0);
        var scenario = CreateScenario(Guarded);

        scenario.Tell(new RunScenario(new ScenarioSpec("test", 2, [Small with { Instances = 3 }]) { OvercommitsMemory = true }), TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal((3, true, 0), (result.Vms.Count, result.IsSuccess, result.DelayedStarts));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _host.Dispose();
    }

    private StartGuard Guard() => new(new HostMemory(_host.Root), new HostThreads(_host.Root));

    private void HasLeft(long available, long own = 1000)
    {
        // Renamed into place: somebody may be reading.
        _host.AddFile("new", $"MemAvailable: {available} kB\n");
        Directory.CreateDirectory(_host["proc/self"]);
        File.Move(_host["new"], _host["proc/meminfo"], overwrite: true);
        _host.AddFile("proc/self/status", $"RssAnon:\t{own} kB\n");
    }

    private void HasThreads(int left)
    {
        _host.AddFile("proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");
        _host.AddFile("proc/sys/kernel/threads-max", $"{80 + left}\n");
    }
}
