using System.Runtime.ExceptionServices;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Asynchronous handlers: the mailbox is suspended from the first await to the end of the task.</summary>
internal sealed partial class ActorCell
{
    // The handler that is waiting.
    private ActorTaskScheduler? _async;

    public void RunAsync(Func<Task> handler)
    {
        var scheduler = new ActorTaskScheduler(this);
        var task = Task.Factory.StartNew(handler, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
        if (task.IsCompleted)
        {
            if (FailureOf(task) is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }

            return;
        }

        Mailbox.Suspend();
        _async = scheduler;
        _ = task.ContinueWith(
            static (done, state) => ((ActorCell)state!).FinishAsync(done),
            this,
            CancellationToken.None,
            TaskContinuationOptions.None,
            scheduler);
    }

    public void RunAsyncStep(ActorTaskScheduler scheduler, Task task)
    {
        if (scheduler.IsAbandoned)
        {
            return;
        }

        (object? message, var sender) = (CurrentMessage, Sender);
        bool stray = !ReferenceEquals(scheduler, _async);
        CurrentMessage = scheduler.Message;
        Sender = scheduler.Sender;
        scheduler.Run(task);
        if (stray)
        {
            // A task that its handler did not await: whatever else is going on must not notice.
            CurrentMessage = message;
            Sender = sender;
        }
    }

    private void FinishAsync(Task done)
    {
        _async = null;
        Mailbox.Resume();
        if (FailureOf(done) is { } failure)
        {
            HandleFailure(failure);
        }
        else
        {
            CurrentMessage = null;
            ScheduleReceiveTimeout();
        }
    }

    /// <summary>The instance whose handler waits is being replaced: the rest of that handler never runs.</summary>
    private void AbandonAsync()
    {
        if (_async is not null)
        {
            _async.IsAbandoned = true;
            _async = null;
            Mailbox.Resume();
        }
    }

    private static Exception? FailureOf(Task task) => task.Status switch
    {
        TaskStatus.Canceled => new TaskCanceledException(task),
        TaskStatus.Faulted when task.Exception!.InnerExceptions.Count == 1 => task.Exception.InnerException,
        TaskStatus.Faulted => task.Exception,
        _ => null,
    };
}
