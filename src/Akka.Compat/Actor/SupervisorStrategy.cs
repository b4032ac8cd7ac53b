using Akka.Event;

namespace Akka.Actor;

/// <summary>What to do with a child that failed.</summary>
public enum Directive
{
    /// <summary>Go on with the next message, state kept.</summary>
    Resume = 0,

    /// <summary>Go on with the next message in a new instance.</summary>
    Restart = 1,

    /// <summary>Fail in turn, and let the parent decide.</summary>
    Escalate = 2,

    /// <summary>Stop it.</summary>
    Stop = 3,
}

/// <summary>Chooses a directive for a failure.</summary>
public interface IDecider
{
    /// <summary>What to do about <paramref name="cause"/>.</summary>
    Directive Decide(Exception cause);
}

/// <summary>How a parent deals with the failures of its children.</summary>
public abstract class SupervisorStrategy
{
    private readonly IDecider _decider;

    private protected SupervisorStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
    {
        MaxNumberOfRetries = maxNrOfRetries ?? -1;
        WithinTimeRange = withinTimeRange ?? Timeout.InfiniteTimeSpan;
        _decider = decider;
    }

    /// <summary>Stops children that could not start, were killed or left a death unhandled; restarts all others.</summary>
    public static IDecider DefaultDecider { get; } = new FunctionDecider(cause =>
        cause is ActorInitializationException or ActorKilledException or DeathPactException ? Directive.Stop : Directive.Restart);

    /// <summary>One for one by <see cref="DefaultDecider"/>, restarts without limit.</summary>
    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecider);

    /// <summary>Stops every child that fails.</summary>
    public static readonly OneForOneStrategy StoppingStrategy = new(_ => Directive.Stop);

    /// <summary>Restarts allowed within the time range; negative for no limit.</summary>
    internal int MaxNumberOfRetries { get; }

    /// <summary>The time range; negative when it never ends.</summary>
    internal TimeSpan WithinTimeRange { get; }

    /// <summary>Decides and acts; false when the failure is to be escalated.</summary>
    internal bool HandleFailure(ActorCell parent, ChildStats child, Exception cause, IReadOnlyCollection<ChildStats> children)
    {
        var directive = _decider.Decide(cause);
        if (directive == Directive.Escalate)
        {
            return false;
        }

        parent.SystemImpl.Logs.Write(
            directive == Directive.Resume ? LogLevel.WarningLevel : LogLevel.ErrorLevel,
            child.Child.Path.ToString(),
            cause,
            (cause is ActorInitializationException { InnerException: { } inner } ? inner : cause).GetBaseException().Message);
        if (directive == Directive.Resume)
        {
            ((IInternalActorRef)child.Child).SendSystemMessage(new Dispatch.Resume(cause));
        }
        else
        {
            ProcessFailure(parent, directive == Directive.Restart, child, cause, children);
        }

        return true;
    }

    private protected abstract void ProcessFailure(
        ActorCell parent, bool restart, ChildStats child, Exception cause, IReadOnlyCollection<ChildStats> children);

    private protected bool MayRestart(ChildStats child) => child.RequestRestart(MaxNumberOfRetries, WithinTimeRange);

    private protected static void RestartChild(IActorRef child, Exception cause, bool suspendFirst)
    {
        var internalRef = (IInternalActorRef)child;
        if (suspendFirst)
        {
            internalRef.SendSystemMessage(new Dispatch.Suspend());
        }

        internalRef.SendSystemMessage(new Dispatch.Recreate(cause));
    }

    private protected sealed class FunctionDecider(Func<Exception, Directive> function) : IDecider
    {
        public Directive Decide(Exception cause) => function(cause);
    }
}

/// <summary>Applies the directive to the failed child alone.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    /// <summary>A strategy that stops a child instead of restarting it too often.</summary>
    /// <param name="maxNrOfRetries">Restarts allowed within the time range; null or negative for no limit, 0 for none.</param>
    /// <param name="withinTimeRange">The time range; null for one that never ends.</param>
    /// <param name="localOnlyDecider">Chooses the directive.</param>
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : base(maxNrOfRetries, withinTimeRange, new FunctionDecider(localOnlyDecider))
    {
    }

    /// <summary>A strategy without a limit on restarts.</summary>
    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(null, null, localOnlyDecider)
    {
    }

    internal OneForOneStrategy(IDecider decider)
        : base(null, null, decider)
    {
    }

    private protected override void ProcessFailure(
        ActorCell parent, bool restart, ChildStats child, Exception cause, IReadOnlyCollection<ChildStats> children)
    {
        if (restart && MayRestart(child))
        {
            RestartChild(child.Child, cause, suspendFirst: false);
        }
        else
        {
            parent.Stop(child.Child);
        }
    }
}

/// <summary>Applies the directive to all children when one fails.</summary>
public class AllForOneStrategy : SupervisorStrategy
{
    /// <summary>A strategy that stops the children instead of restarting them too often.</summary>
    /// <param name="maxNrOfRetries">Restarts allowed within the time range; null or negative for no limit, 0 for none.</param>
    /// <param name="withinTimeRange">The time range; null for one that never ends.</param>
    /// <param name="localOnlyDecider">Chooses the directive.</param>
    public AllForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : base(maxNrOfRetries, withinTimeRange, new FunctionDecider(localOnlyDecider))
    {
    }

    private protected override void ProcessFailure(
        ActorCell parent, bool restart, ChildStats child, Exception cause, IReadOnlyCollection<ChildStats> children)
    {
        bool mayRestart = restart && children.All(MayRestart);
        foreach (var each in children)
        {
            if (mayRestart)
            {
                RestartChild(each.Child, cause, suspendFirst: !ReferenceEquals(each, child));
            }
            else
            {
                parent.Stop(each.Child);
            }
        }
    }
}
