using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Event;

/// <summary>Delivers what is published to the actors that subscribed to its type or one of its base types.</summary>
public class EventStream
{
    private ImmutableArray<Subscription> _subscriptions = [];

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
            static (all, added) => all.Any(added.IsSameAs) ? all : all.Add(added),
            new Subscription(subscriber, channel, []));
    }

    /// <summary>
    /// Ends a subscription to a type, or takes a type out of the subscriptions to its base types; false if the actor is
    /// subscribed to neither.
    /// </summary>
    public bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        return ImmutableInterlocked.Update(
            ref _subscriptions,
            static (all, ended) => all.Any(ended.IsSameAs)
                ? all.RemoveAll(ended.IsSameAs)
                : all.Any(ended.IsPartOf) ? [.. all.Select(each => ended.IsPartOf(each) ? each.Without(ended.Channel) : each)] : all,
            new Subscription(subscriber, channel, []));
    }

    /// <summary>Sends <paramref name="event"/> once to every actor subscribed to it.</summary>
    public void Publish(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        var all = _subscriptions;
        for (int i = 0; i < all.Length; i++)
        {
            var subscription = all[i];
            if (!subscription.Covers(@event))
            {
                continue;
            }

            if (subscription.Subscriber is LocalActorRef { Cell.Mailbox.IsClosed: true })
            {
                Unsubscribe(subscription.Subscriber, subscription.Channel);
            }
            else if (!SubscribedBefore(all, i, @event))
            {
                subscription.Subscriber.Tell(@event, ActorRefs.NoSender);
            }
        }
    }

    private static bool SubscribedBefore(ImmutableArray<Subscription> all, int index, object @event)
    {
        for (int i = 0; i < index; i++)
        {
            if (all[i].Subscriber.Equals(all[index].Subscriber) && all[i].Covers(@event))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What one actor wants to hear of.</summary>
    private sealed record Subscription(IActorRef Subscriber, Type Channel, ImmutableArray<Type> Excluded)
    {
        public bool Covers(object @event) =>
            Channel.IsInstanceOfType(@event) && !Excluded.Any(type => type.IsInstanceOfType(@event));

        public bool IsSameAs(Subscription other) => Channel == other.Channel && Subscriber.Equals(other.Subscriber);

        public bool IsPartOf(Subscription other) => Channel.IsAssignableTo(other.Channel) && Subscriber.Equals(other.Subscriber);

        public Subscription Without(Type channel) => this with { Excluded = Excluded.Add(channel) };
    }
}
