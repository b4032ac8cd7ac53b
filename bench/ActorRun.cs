using Akka.Actor;
using Akka.Configuration;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Bench.Measuring;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;

namespace KvmActors.Bench;

/// <summary>Runs scenarios in this process with the program's actors, as its host does.</summary>
internal static class ActorRun
{
    /// <summary>Runs VMs to their end.</summary>
    /// <param name="context">Where the device is.</param>
    /// <param name="spec">The VMs.</param>
    /// <param name="concurrency">How many at once.</param>
    /// <param name="observer">Watches their exits.</param>
    /// <param name="output">Where their output goes; nowhere when null.</param>
    /// <exception cref="MeasurementException">One of them did not end well.</exception>
    public static async Task<ScenarioResult> RunAsync(BenchContext context, VmSpec spec, int concurrency, IVcpuObserver? observer = null, IGuestOutput? output = null)
    {
        var services = new VmServices(context.Hypervisor, output ?? new DiscardedOutput(), new ExitSamplingOptions()) { Observer = observer };
        var system = ActorSystem.Create("bench", ConfigurationFactory.ParseString(KvmActorSystem.Hocon));
        try
        {
            var actor = system.ActorOf(KvmActorSystem.ScenarioProps(services), "scenario");
            var ended = await actor.Ask<ScenarioEnded>(new RunScenario(new ScenarioSpec(spec.Name, concurrency, [spec])));
            return ended.Result.Vms.FirstOrDefault(vm => !vm.IsSuccess) is { } failed
                ? throw new MeasurementException($"{failed.Id} ended with {failed.Outcome} {failed.Message}")
                : ended.Result;
        }
        finally
        {
            await system.Terminate();
        }
    }
}
