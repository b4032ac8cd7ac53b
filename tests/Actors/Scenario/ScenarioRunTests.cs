using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Actors.Tests.Scenario;

public class ScenarioRunTests
{
    private static readonly VmServices Services = new(new FakeHypervisor(), new RecordingOutput(), new ExitSamplingOptions());
    private static readonly VmSpec Loud = Vms.Real16(new Code16().Hlt(), "loud") with { Instances = 2 };
    private static readonly VmSpec Quiet = Vms.Real16(new Code16().Hlt(), "quiet");

    [Fact]
    public void Waiting_AtTheBeginning_IsEveryInstanceInOrder()
    {
        var run = Run(Loud, Quiet);

        Assert.Equal([(0, "loud-0"), (1, "loud-1"), (2, "quiet-0")], run.Waiting.Select(instance => (instance.Order, instance.Id)));
        Assert.False(run.IsOver);
    }

    [Fact]
    public void ToResult_ResultsInAnyOrder_AreInTheScenariosWithTheirRestarts()
    {
        var run = Run(Loud, Quiet);
        foreach (var instance in run.Waiting.Reverse())
        {
            instance.Restarts = instance.Order;
            run.Add(instance, Result(instance, VmOutcome.Halted));
        }

        var result = run.ToResult();

        Assert.Equal([("loud-0", 0), ("loud-1", 1), ("quiet-0", 2)], result.Vms.Select(vm => (vm.Id, vm.Restarts)));
        Assert.Equal(("test", false, null, true), (result.Scenario, result.WasCancelled, result.Problem, result.IsSuccess));
    }

    [Fact]
    public void Add_LaterRunOfTheSameInstance_TakesTheFirstOnesPlace()
    {
        var run = Run(Quiet);
        var instance = run.Waiting.Peek();

        run.Add(instance, Result(instance, VmOutcome.Crashed));
        run.Add(instance, Result(instance, VmOutcome.Halted));

        Assert.Equal(VmOutcome.Halted, Assert.Single(run.ToResult().Vms).Outcome);
    }

    // Two descriptions of one name are told together.
    [Fact]
    public void ToResult_Statistics_AreByNameAndTogether()
    {
        var run = Run(Loud, Quiet, Loud with { Instances = 1 });
        foreach (var instance in run.Waiting)
        {
            var statistics = new ExitStatistics();
            statistics.RecordExit(VcpuExitReason.Hlt, 1, 1);
            run.Add(instance, statistics);
        }

        var result = run.ToResult();

        Assert.Equal([("loud", 3L), ("quiet", 1L)], result.StatisticsByName.OrderBy(row => row.Key).Select(row => (row.Key, row.Value.CountByReason()[VcpuExitReason.Hlt])));
        Assert.Equal(4, result.Statistics.CountByReason()[VcpuExitReason.Hlt]);
    }

    [Fact]
    public void ToResult_ProblemOrCancelled_IsNoSuccess()
    {
        var broken = Run();
        broken.Problem = "broken";
        var cancelled = Run();
        cancelled.IsCancelled = true;

        Assert.Equal((false, "broken", false, true), (broken.ToResult().IsSuccess, broken.ToResult().Problem, cancelled.ToResult().IsSuccess, cancelled.ToResult().WasCancelled));
        Assert.True(broken.IsOver);
    }

    [Fact]
    public void Recording_NotAskedFor_IsNull()
    {
        Assert.Null(Run(Quiet).Recording);

        var recorded = new ScenarioRun(new ScenarioSpec("test", 1, []), ActorRefs.Nobody, Services with { Recording = new RecordingOptions(0) });
        Assert.Equal(recorded.Started, recorded.Recording?.Origin);
    }

    private static ScenarioRun Run(params VmSpec[] vms) => new(new ScenarioSpec("test", 1, vms), ActorRefs.Nobody, Services);

    private static VmResult Result(ScenarioInstance instance, VmOutcome outcome) =>
        new() { Id = instance.Id, Name = instance.Spec.Name, Outcome = outcome };
}
