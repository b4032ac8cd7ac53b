namespace Akka.Dispatch;

/// <summary>Gives mailboxes their turns.</summary>
internal abstract class MessageDispatcher
{
    /// <summary>How many messages an actor handles before others get the thread.</summary>
    public virtual int Throughput => 100;

    /// <summary>Runs <paramref name="mailbox"/> soon. Called once per turn, from any thread.</summary>
    public abstract void Schedule(Mailbox mailbox);

    /// <summary>Prepares for a new actor's first turn; may throw, and then there is no actor.</summary>
    /// <param name="actorName">What the actor is called.</param>
    public virtual void Start(string actorName)
    {
    }
}

/// <summary>The default: turns run on the .NET thread pool.</summary>
internal sealed class ThreadPoolDispatcher : MessageDispatcher
{
    public static readonly ThreadPoolDispatcher Instance = new();

    public override void Schedule(Mailbox mailbox) => ThreadPool.UnsafeQueueUserWorkItem(mailbox, preferLocal: false);
}

/// <summary>Turns run at once, on the thread that sent the message: for test probes only.</summary>
internal sealed class CallingThreadDispatcher : MessageDispatcher
{
    public static readonly CallingThreadDispatcher Instance = new();

    public override int Throughput => int.MaxValue;

    public override void Schedule(Mailbox mailbox) => mailbox.Run();
}
