using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>What an actor system needs to run virtual machines.</summary>
public static class KvmActorSystem
{
    // Making and closing a VM takes milliseconds of system calls, so more than there are processors.
    private static readonly int Threads = Math.Clamp(2 * Environment.ProcessorCount, 4, 64);

    /// <summary>
    /// The settings the actors rely on, in HOCON: each vCPU has a thread of its own, and the others a fixed number of threads,
    /// made with the first of them. So no vCPU's thread has work for the thread pool, which would grow on that thread, and
    /// whatever binds a vCPU's thread and those it makes binds no other.
    /// </summary>
    public static string Hocon { get; } = $$"""
        {{VcpuActor.Dispatcher}} { type = PinnedDispatcher }
        {{VmActor.Dispatcher}} {
          type = ForkJoinDispatcher
          throughput = 30
          dedicated-thread-pool { thread-count = {{Threads}}, threadtype = background }
        }
        """;

    /// <summary>How to make the actor at the top of the tree.</summary>
    public static Props ScenarioProps(VmServices services) =>
        Props.Create(() => new ScenarioActor(services)).WithDispatcher(VmActor.Dispatcher);

    /// <summary>Runs a scenario to its end.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="scenario">The actor at the top of the tree.</param>
    /// <param name="spec">What to run.</param>
    /// <returns>What became of it; also when the actor died, or the system ends meanwhile.</returns>
    public static Task<ScenarioResult> RunAsync(ActorSystem system, IActorRef scenario, ScenarioSpec spec)
    {
        var result = new TaskCompletionSource<ScenarioResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asker = system.ActorOf(Props.Create(() => new ScenarioAsker(scenario, result)));

        // By the caller itself: whatever it sends afterwards, a cancellation for one, comes after it.
        scenario.Tell(new RunScenario(spec), asker);
        return result.Task;
    }
}
