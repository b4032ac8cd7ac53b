using Akka.Actor;
using KvmActors.Actors.Pools;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Machine.Processor;

namespace KvmActors.Library.Hosting;

/// <summary>What guests run in, once it is there: the actor system, what makes VMs, and what does vCPUs' threads a service.</summary>
internal sealed class GuestRuntime : IAsyncDisposable
{
    // A pool whose VMs hang in the host's kernel is left behind.
    private static readonly TimeSpan BesidesGrace = TimeSpan.FromSeconds(5);

    private readonly ActorRuntime _actors;
    private readonly IDisposable? _backends;
    private readonly IActorRef _callbacks;
    private int _scenarios;

    /// <param name="actors">The actor system.</param>
    /// <param name="services">What VMs need; shared by all who start some.</param>
    /// <param name="backends">What makes them, disposed with this; null when somebody else does that.</param>
    public GuestRuntime(ActorRuntime actors, VmServices services, IDisposable? backends)
    {
        _actors = actors;
        Services = services.Shared();
        _backends = backends;
        _callbacks = actors.System.ActorOf(GuestPools.CallbackProps(), "callbacks");
        Post = action => _callbacks.Tell(new Callback(action), ActorRefs.NoSender);
    }

    /// <summary>What VMs need.</summary>
    public VmServices Services { get; }

    /// <summary>Has something short done on a thread that is no vCPU's. From any thread.</summary>
    public Action<Action> Post { get; }

    /// <summary>What VMs that do not say run on.</summary>
    public Backend Backend => Services.Hypervisor.Backend;

    /// <summary>Makes a pool of guests.</summary>
    public IActorRef CreatePool(GuestPoolSpec spec) => _actors.System.ActorOf(GuestPools.PoolProps(spec, Services));

    /// <summary>Closes a pool: all its guests are ended.</summary>
    public async Task CloseAsync(IActorRef pool, TimeSpan grace)
    {
        try
        {
            await GuestPools.CloseAsync(_actors.System, pool).WaitAsync(grace + BesidesGrace);
        }
        catch (TimeoutException)
        {
            _actors.IsLeftBehind = true;
        }
    }

    /// <summary>Makes the actor that runs one scenario.</summary>
    public IActorRef CreateScenario(VmServices services)
    {
        var name = Interlocked.Increment(ref _scenarios) is var number and > 1 ? $"scenario-{number}" : "scenario";
        return _actors.System.ActorOf(KvmActorSystem.ScenarioProps(services.SharedWith(Services)), name);
    }

    /// <summary>The actor system.</summary>
    public ActorSystem System => _actors.System;

    /// <summary>Actors are there that nobody waits for any more.</summary>
    public void LeaveBehind() => _actors.IsLeftBehind = true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _actors.DisposeAsync();
        _backends?.Dispose();
    }
}
