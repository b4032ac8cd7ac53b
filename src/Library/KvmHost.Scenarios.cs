using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Library.Hosting;
using KvmActors.Library.Planning;
using KvmActors.Library.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvmActors;

/// <content>Scenarios, as the command line runs them: beside guests, in the same host.</content>
public sealed partial class KvmHost
{
    /// <summary>Runs a scenario to its end, beside all else that the host runs.</summary>
    /// <param name="scenario">What to run.</param>
    /// <param name="cancellationToken">Ends its guests; the call ends with <see cref="OperationCanceledException"/> then.</param>
    /// <exception cref="GuestStartException">One of its programs cannot be run.</exception>
    /// <exception cref="ArgumentException">The scenario is none that could be run.</exception>
    public async Task<GuestScenarioResult> RunScenarioAsync(GuestScenario scenario, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var runtime = await GetRuntimeAsync();
        cancellationToken.ThrowIfCancellationRequested();
        var spec = await Task.Run(() => ScenarioPlanner.Plan(scenario, _options, runtime.Backend), cancellationToken);
        var services = scenario.Output is { } output ? runtime.Services with { Output = new PostedOutput(output, runtime.Post) } : runtime.Services;
        var result = await RunAsync(spec, services, cancellationToken, insisted: CancellationToken.None);
        if (scenario.Output is not null)
        {
            // What they wrote last is on its way.
            var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            runtime.Post(() => told.TrySetResult());
            await told.Task;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new GuestScenarioResult([.. result.Vms.Select(vm => GuestResults.From(vm, vm.Vcpus))], result.Wall, result.Problem);
    }

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
