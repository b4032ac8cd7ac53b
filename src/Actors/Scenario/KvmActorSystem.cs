using Akka.Actor;
using KvmActors.Actors.Services;
using KvmActors.Actors.Vcpu;

namespace KvmActors.Actors.Scenario;

/// <summary>What an actor system needs to run virtual machines.</summary>
public static class KvmActorSystem
{
    /// <summary>The settings the actors rely on, in HOCON: each vCPU has a thread of its own.</summary>
    public const string Hocon = VcpuActor.Dispatcher + " { type = PinnedDispatcher }";

    /// <summary>How to make the actor at the top of the tree.</summary>
    public static Props ScenarioProps(VmServices services) => Props.Create(() => new ScenarioActor(services));
}
