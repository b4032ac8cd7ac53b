using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Event;

/// <summary>Delivers what is published to the actors that subscribed to its type or one of its base types.</summary>
public class EventStream
{
    private ImmutableArray<(IActorRef Subscriber, Type Channel)> _subscriptions = [];

    internal EventStream()
    {
    }

    /// <summary>Subscribes an actor to a type; false if it was subscribed already.</summary>
    public bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        return ImmutableInterlocked.Update(
            ref _subscriptions,
            (all, added) => all.Contains(added) ? all : all.Add(added),
            (subscriber, channel));
    }

    /// <summary>Ends a subscription; false if there was none.</summary>
    public bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        return ImmutableInterlocked.Update(ref _subscriptions, (all, removed) => all.Remove(removed), (subscriber, channel));
    }

    /// <summary>Sends <paramref name="event"/> once to every actor subscribed to it.</summary>
    public void Publish(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        var all = _subscriptions;
        for (int i = 0; i < all.Length; i++)
        {
            (var subscriber, var channel) = all[i];
            if (!channel.IsInstanceOfType(@event))
            {
                continue;
            }

            if (subscriber is LocalActorRef { Cell.Mailbox.IsClosed: true })
            {
                Unsubscribe(subscriber, channel);
            }
            else if (!SubscribedBefore(all, i, @event))
            {
                subscriber.Tell(@event, ActorRefs.NoSender);
            }
        }
    }

    private static bool SubscribedBefore(ImmutableArray<(IActorRef Subscriber, Type Channel)> all, int index, object @event)
    {
        for (int i = 0; i < index; i++)
        {
            if (all[i].Subscriber.Equals(all[index].Subscriber) && all[i].Channel.IsInstanceOfType(@event))
            {
                return true;
            }
        }

        return false;
    }
}
