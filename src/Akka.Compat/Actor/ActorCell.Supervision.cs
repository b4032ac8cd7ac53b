using System.Runtime.ExceptionServices;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Failure, restart and stop.</summary>
internal sealed partial class ActorCell
{
    private List<SystemMessage>? _waiting;

    // Who failed while this actor is suspended: itself, or the child whose failure it escalated.
    private IActorRef? _perpetrator;

    private int Depth => _children.IsWaiting ? 2 : Mailbox.IsSuspended ? 1 : 0;

    private SupervisorStrategy Strategy => _strategy ??= _actor!.CreateStrategy();

    public void InvokeSystem(SystemMessage message)
    {
        int depth = Depth;
        if ((message.WaitsForChildren && depth == 2) || (message.WaitsForResume && depth >= 1))
        {
            (_waiting ??= []).Add(message);
            return;
        }

        try
        {
            message.Apply(this);
        }
        catch (Exception cause)
        {
            HandleFailure(cause, message is Failed failed ? failed.Child : null);
        }

        // Closer to normal than before: what had to wait goes first, before anything younger.
        if (_waiting is { Count: > 0 } waiting && Depth < depth && !Mailbox.IsClosed)
        {
            _waiting = null;
            foreach (var earlier in waiting)
            {
                InvokeSystem(earlier);
            }
        }
    }

    public void HandleFailed(Failed failed)
    {
        Sender = failed.Child;
        var stats = _children.StatsOf(failed.Child);
        if (stats is not null && !Strategy.HandleFailure(this, stats, failed.Cause))
        {
            ExceptionDispatchInfo.Throw(failed.Cause);
        }
    }

    public void SuspendByFailure()
    {
        Mailbox.Suspend();
        SuspendChildren(except: []);
    }

    public void ResumeAfterFailure(Exception? cause)
    {
        if (_actor is null)
        {
            RetryCreate();
            return;
        }

        var perpetrator = _perpetrator;
        Mailbox.Resume();
        if (cause is not null)
        {
            _perpetrator = null;
        }

        ResumeChildren(cause, perpetrator);
    }

    public void Recreate(Exception cause)
    {
        if (_actor is null)
        {
            RetryCreate();
            return;
        }

        if (!_children.IsNormal)
        {
            // Stopping already; only the suspension that came with this must be undone.
            ResumeAfterFailure(null);
            return;
        }

        var failed = _actor;
        object? message = CurrentMessage;
        try
        {
            _timers?.CancelAll();
            failed.CallPreRestart(cause, message);
        }
        catch (Exception failure)
        {
            LogError(failure, "PreRestart failed");
        }

        Discard(failed);
        if (!_children.WaitFor(Children.Wait.ForRecreation, cause))
        {
            FinishRecreate(cause);
        }
    }

    public void Terminate()
    {
        UnwatchAll();
        bool alreadyTerminating = _children.IsTerminating;
        _children.WaitFor(Children.Wait.ForTermination); // From here on no child can be added.
        StopChildren();
        if (!_children.WaitFor(Children.Wait.ForTermination))
        {
            FinishTerminate();
        }
        else if (!alreadyTerminating)
        {
            // Ordinary messages wait for the children, and failures now concern nobody above.
            Mailbox.Suspend();
            _perpetrator = Self;
        }
    }

    /// <summary>Suspends the actor and reports its failure, or the one it escalates, to its parent.</summary>
    private void HandleFailure(Exception cause, IActorRef? failedChild = null, IReadOnlyCollection<IActorRef>? survivors = null)
    {
        if (_perpetrator is not null)
        {
            return;
        }

        Mailbox.Suspend();
        _perpetrator = failedChild ?? Self;
        SuspendChildren(except: failedChild is null ? survivors ?? [] : [failedChild, .. survivors ?? []]);
        _parent.SendSystemMessage(new Failed(Self, cause));
    }

    private void RetryCreate()
    {
        StopChildren();
        if (!_children.WaitFor(Children.Wait.ForCreation))
        {
            FinishCreate();
        }
    }

    private void FinishCreate()
    {
        Mailbox.Resume();
        _perpetrator = null;
        try
        {
            Create();
        }
        catch (Exception cause)
        {
            HandleFailure(cause);
        }
    }

    private void FinishRecreate(Exception cause)
    {
        var survivors = _children.All();
        Mailbox.Resume();
        _perpetrator = null;
        try
        {
            var fresh = NewActor();
            _actor = fresh;
            fresh.CallPostRestart(cause);
            foreach (var survivor in survivors)
            {
                ((IInternalActorRef)survivor).SendSystemMessage(new Recreate(cause));
            }
        }
        catch (Exception failure)
        {
            Discard(_actor);
            HandleFailure(new PostRestartException(Self, failure, cause), survivors: survivors);
        }
    }

    private void FinishTerminate()
    {
        if (_actor is not null)
        {
            try
            {
                _timers?.CancelAll();
                _actor.CallPostStop();
            }
            catch (Exception failure)
            {
                LogError(failure, "PostStop failed");
            }
        }

        // Dead letters first, then the parent, then the watchers: who learns of the end finds nothing unsettled.
        Mailbox.Close();
        _parent.SendSystemMessage(new DeathWatchNotification(Self, existenceConfirmed: true));
        TellWatchers();
        UnwatchAll();
        Discard(_actor);
        _actor = null;
        _waiting = null;
        Sender = SystemImpl.DeadLetters;
    }
}
