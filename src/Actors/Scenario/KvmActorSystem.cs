using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;

namespace KvmActors.Actors.Scenario;

/// <summary>What an actor system needs to run virtual machines.</summary>
public static class KvmActorSystem
{
    /// <summary>The settings the actors rely on, in HOCON: each vCPU has a thread of its own.</summary>
    public const string Hocon = VcpuActor.Dispatcher + " { type = PinnedDispatcher }";

    /// <summary>How to make the actor at the top of the tree.</summary>
    public static Props ScenarioProps(VmServices services) => Props.Create(() => new ScenarioActor(services));

    /// <summary>Runs a scenario to its end.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="scenario">The actor at the top of the tree.</param>
    /// <param name="spec">What to run.</param>
    /// <returns>What became of it; also when the actor died, or the system ends meanwhile.</returns>
    public static Task<ScenarioResult> RunAsync(ActorSystem system, IActorRef scenario, ScenarioSpec spec)
    {
        var result = new TaskCompletionSource<ScenarioResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new ScenarioAsker(scenario, spec, result)));
        return result.Task;
    }
}
