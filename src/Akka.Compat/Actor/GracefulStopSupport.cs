using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Stopping an actor and awaiting its end.</summary>
public static class GracefulStopSupport
{
    /// <summary>Sends <see cref="PoisonPill"/>; true once the actor has stopped, false if it has not within <paramref name="timeout"/>.</summary>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) =>
        target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>Sends <paramref name="stopMessage"/>; true once the actor has stopped, false if it has not within <paramref name="timeout"/>.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        ArgumentNullException.ThrowIfNull(target);
        var internalTarget = (IInternalActorRef)target;
        var system = internalTarget.System
            ?? throw new ArgumentException($"{target} belongs to no system and cannot stop.", nameof(target));
        var watcher = new DeathWatcher(system);
        internalTarget.SendSystemMessage(new Watch(target, watcher));
        target.Tell(stopMessage, ActorRefs.NoSender);
        try
        {
            await watcher.Death.WaitAsync(timeout).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            internalTarget.SendSystemMessage(new Unwatch(watcher));
            return false;
        }
    }

    private sealed class DeathWatcher(ActorSystemImpl system) : ActorRefBase
    {
        private readonly TaskCompletionSource _death = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Death => _death.Task;

        public override ActorPath Path { get; } = system.TempPath.Child("$stop", system.NextUid());

        private protected override ActorSystemImpl OwningSystem => system;

        private protected override void Deliver(object message, IActorRef? sender)
        {
        }

        private protected override void DeliverSystem(SystemMessage message)
        {
            if (message is DeathWatchNotification)
            {
                _death.TrySetResult();
            }
        }
    }
}
