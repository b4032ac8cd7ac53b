using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Library.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvmActors;

/// <content>Scenarios, as the command line runs them: beside guests, in the same host.</content>
public sealed partial class KvmHost
{
    /// <summary>Makes a host whose VMs are made, and whose log is written, as somebody else says.</summary>
    /// <param name="logging">Says where log lines go.</param>
    /// <param name="isVerbose">Whether details are wanted.</param>
    /// <param name="services">What VMs need.</param>
    internal static async Task<KvmHost> StartAsync(Action<IServiceCollection, ILoggingBuilder> logging, bool isVerbose, VmServices services)
    {
        var actors = await ActorRuntime.StartAsync(logging, isVerbose);
        return new KvmHost(new KvmHostOptions(), NullLoggerFactory.Instance) { _runtime = Task.FromResult(new GuestRuntime(actors, services, backends: null)) };
    }

    /// <summary>Runs a scenario to its end.</summary>
    /// <param name="scenario">What to run.</param>
    /// <param name="services">What its VMs need.</param>
    /// <param name="asked">Ends it, and it still reports every VM that it started.</param>
    /// <param name="insisted">Ends it without waiting for any.</param>
    internal async Task<ScenarioResult> RunAsync(ScenarioSpec scenario, VmServices services, CancellationToken asked, CancellationToken insisted)
    {
        var runtime = await GetRuntimeAsync();
        var actor = runtime.CreateScenario(services);
        var running = KvmActorSystem.RunAsync(runtime.System, actor, scenario);
        await using (asked.Register(() => actor.Tell(CancelScenario.Instance, ActorRefs.NoSender)))
        await using (insisted.Register(() => actor.Tell(CancelScenario.Instance, ActorRefs.NoSender)))
        {
            var result = await running;
            if (result.LeftBehind > 0)
            {
                runtime.LeaveBehind();
            }
            else
            {
                runtime.System.Stop(actor);
            }

            return result;
        }
    }
}
