namespace Akka.Actor;

/// <summary>The base of all actors. Its members may only be used while one of the actor's handlers runs.</summary>
public abstract class ActorBase
{
    /// <summary>Only the runtime creates actors, through <see cref="IActorRefFactory.ActorOf"/>.</summary>
    /// <exception cref="ActorInitializationException">The actor was created with <c>new</c>.</exception>
    protected ActorBase()
    {
        var cell = ActorCell.Current
            ?? throw new ActorInitializationException("An actor is created with ActorOf(Props), not with new.");
        cell.PrepareInstance(this);
        cell.Become(Receive);
    }

    /// <summary>Who sent the current message; the dead letters when nobody did.</summary>
    protected IActorRef Sender => Context.Sender;

    /// <summary>The actor's own reference.</summary>
    protected IActorRef Self => Context.Self;

    /// <summary>The actor's view of the system.</summary>
    /// <exception cref="NotSupportedException">The caller is not an actor's handler.</exception>
    protected static IActorContext Context => ActorCell.Current
        ?? throw new NotSupportedException(
            "There is no actor context here: capture what you need before leaving the handler, or send yourself the result with PipeTo.");

    /// <summary>Handles a message and says whether it did.</summary>
    protected abstract bool Receive(object message);

    /// <summary>What happens to a message nobody handled: it is published as <see cref="Event.UnhandledMessage"/>.</summary>
    /// <exception cref="DeathPactException">The message is <see cref="Terminated"/>.</exception>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        Context.System.EventStream.Publish(new Event.UnhandledMessage(message, Sender, Self));
    }

    /// <summary>Replaces the current handler; the constructor's stays underneath.</summary>
    protected void Become(Receive receive) => Context.Become(receive);

    /// <summary>Puts a handler on top of the current one.</summary>
    protected void BecomeStacked(Receive receive) => Context.BecomeStacked(receive);

    /// <summary>Returns to the handler underneath; the last of them is the constructor's, which stays.</summary>
    protected void UnbecomeStacked() => Context.UnbecomeStacked();

    /// <summary>Runs before the first message.</summary>
    protected virtual void PreStart()
    {
    }

    /// <summary>Runs when the actor has stopped, after all its children have.</summary>
    protected virtual void PostStop()
    {
    }

    /// <summary>Runs on the failed instance before it is replaced; stops the children and calls <see cref="PostStop"/>.</summary>
    /// <param name="reason">The failure.</param>
    /// <param name="message">The message that was being handled, if any.</param>
    protected virtual void PreRestart(Exception reason, object? message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    /// <summary>Runs on the new instance after a restart; calls <see cref="PreStart"/>.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    /// <summary>Decides over failed children.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.DefaultStrategy;

    internal SupervisorStrategy CreateStrategy() => SupervisorStrategy();

    internal void CallPreStart() => PreStart();

    internal void CallPostStop() => PostStop();

    internal void CallPreRestart(Exception reason, object? message) => PreRestart(reason, message);

    internal void CallPostRestart(Exception reason) => PostRestart(reason);

    internal void CallUnhandled(object message) => Unhandled(message);

    /// <summary>Runs when the constructors are done.</summary>
    internal virtual void OnConstructed()
    {
    }
}

/// <summary>An actor that handles every message in one method.</summary>
public abstract class UntypedActor : ActorBase
{
    /// <inheritdoc/>
    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    /// <summary>Handles a message; call <see cref="ActorBase.Unhandled"/> for those it does not know.</summary>
    protected abstract void OnReceive(object message);
}
