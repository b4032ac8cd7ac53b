using Akka.Actor;
using KvmActors.Actors.Services;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Pools;

/// <summary>How pools of guests, and what belongs to them, are made and ended.</summary>
public static class GuestPools
{
    /// <summary>How to make a pool's actor.</summary>
    /// <param name="spec">Which guests.</param>
    /// <param name="services">What their VMs need from outside.</param>
    public static Props PoolProps(GuestPoolSpec spec, VmServices services) =>
        Props.Create(() => new GuestPoolActor(spec, services)).WithDispatcher(VmActor.Dispatcher);

    /// <summary>How to make the actor that does <see cref="Callback"/>s.</summary>
    public static Props CallbackProps() => Props.Create(() => new CallbackActor()).WithDispatcher(VmActor.Dispatcher);

    /// <summary>Closes a pool.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="pool">The pool.</param>
    /// <returns>Completed when its actor is gone, and every VM of it.</returns>
    public static Task CloseAsync(ActorSystem system, IActorRef pool)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new EndWatcher(pool, gone)).WithDispatcher(VmActor.Dispatcher));
        pool.Tell(ClosePool.Instance, ActorRefs.NoSender);
        return gone.Task;
    }

    private sealed class EndWatcher : ReceiveActor
    {
        private readonly IActorRef _watched;
        private readonly TaskCompletionSource _gone;

        public EndWatcher(IActorRef watched, TaskCompletionSource gone)
        {
            (_watched, _gone) = (watched, gone);
            Receive<Terminated>(_ => Context.Stop(Self));
        }

        protected override void PreStart() => Context.Watch(_watched);

        protected override void PostStop() => _gone.TrySetResult();
    }
}
