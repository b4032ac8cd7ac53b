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

/// <summary>How a parent deals with the failures of its children.</summary>
public abstract class SupervisorStrategy
{
    private readonly Func<Exception, Directive> _decide;

    private protected SupervisorStrategy(Func<Exception, Directive> decide)
    {
        ArgumentNullException.ThrowIfNull(decide);
        _decide = decide;
    }

    /// <summary>Stops children that could not start, were killed or left a death unhandled; restarts all others, without limit.</summary>
    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(cause =>
        cause is ActorInitializationException or ActorKilledException or DeathPactException ? Directive.Stop : Directive.Restart);

    /// <summary>Stops every child that fails.</summary>
    public static readonly OneForOneStrategy StoppingStrategy = new(_ => Directive.Stop);

    /// <summary>Decides and acts; false when the failure is to be escalated.</summary>
    internal bool HandleFailure(ActorCell parent, ChildStats child, Exception cause)
    {
        var directive = _decide(cause);
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
        else if (directive == Directive.Restart && MayRestart(child))
        {
            ((IInternalActorRef)child.Child).SendSystemMessage(new Dispatch.Recreate(cause));
        }
        else
        {
            parent.Stop(child.Child);
        }

        return true;
    }

    private protected abstract bool MayRestart(ChildStats child);
}

/// <summary>Applies the directive to the failed child alone.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    // Negative: no limit, no end.
    private readonly int _maxRetries;
    private readonly TimeSpan _within;

    /// <summary>A strategy that stops a child instead of restarting it too often.</summary>
    /// <param name="maxNrOfRetries">Restarts allowed within the time range; null or negative for no limit, 0 for none.</param>
    /// <param name="withinTimeRange">The time range; null for one that never ends.</param>
    /// <param name="localOnlyDecider">Chooses the directive.</param>
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : base(localOnlyDecider)
    {
        _maxRetries = maxNrOfRetries ?? -1;
        _within = withinTimeRange ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>A strategy without a limit on restarts.</summary>
    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(null, null, localOnlyDecider)
    {
    }

    private protected override bool MayRestart(ChildStats child) => child.RequestRestart(_maxRetries, _within);
}
