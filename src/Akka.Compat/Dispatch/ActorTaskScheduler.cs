using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>
/// Runs what follows an <c>await</c> in an actor's handler as a step of that actor's own turn. There is one per
/// asynchronous handler, so that each step finds the message and the sender the handler started with.
/// </summary>
internal sealed class ActorTaskScheduler(ActorCell cell) : TaskScheduler
{
    public object? Message { get; } = cell.CurrentMessage;

    public IActorRef Sender { get; } = cell.Sender;

    /// <summary>Set when the instance whose handler waits is replaced: no step of it runs after that.</summary>
    public bool IsAbandoned { get; set; }

    public override int MaximumConcurrencyLevel => 1;

    public void Run(Task task) => TryExecuteTask(task);

    protected override void QueueTask(Task task)
    {
        // Only the handler's very first step starts in the actor's turn; LongRunning asks to be elsewhere.
        if (ReferenceEquals(ActorCell.Current, cell) && !task.CreationOptions.HasFlag(TaskCreationOptions.LongRunning))
        {
            TryExecuteTask(task);
        }
        else
        {
            cell.Mailbox.PostSystem(new AsyncStep(this, task));
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
