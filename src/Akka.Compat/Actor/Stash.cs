using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Where an actor puts messages it cannot handle yet.</summary>
public interface IStash
{
    /// <summary>Sets the current message aside.</summary>
    /// <exception cref="IllegalActorStateException">The current message has been stashed already.</exception>
    void Stash();

    /// <summary>Puts the oldest message back, in front of the mailbox.</summary>
    void Unstash();

    /// <summary>Puts all messages back in their order, in front of the mailbox.</summary>
    void UnstashAll();
}

/// <summary>An actor with a stash; it is there once the constructors are done.</summary>
public interface IWithStash
{
    /// <summary>Set by the runtime.</summary>
    IStash Stash { get; set; }
}

/// <summary>An actor with a stash that grows as it must.</summary>
public interface IWithUnboundedStash : IWithStash;

internal sealed class MessageStash(ActorCell cell) : IStash
{
    private readonly LinkedList<Envelope> _stashed = new();
    private int _lastTurn = -1;

    public void Stash()
    {
        object message = cell.CurrentMessage
            ?? throw new IllegalActorStateException("There is no message to stash: no handler is running.");
        if (_lastTurn == cell.Turn)
        {
            throw new IllegalActorStateException($"The message {message} has been stashed already.");
        }

        _lastTurn = cell.Turn;
        _stashed.AddLast(new Envelope(message, cell.Sender));
    }

    public void Unstash()
    {
        if (_stashed.First is { } oldest)
        {
            _stashed.RemoveFirst();
            PutBack(oldest.Value);
        }
    }

    public void UnstashAll()
    {
        while (_stashed.Last is { } youngest)
        {
            _stashed.RemoveLast();
            PutBack(youngest.Value);
        }
    }

    private void PutBack(Envelope envelope)
    {
        cell.Mailbox.PostFirst(envelope);
        if (envelope.Message is Terminated terminated)
        {
            cell.ExpectTerminated(terminated.ActorRef, null);
        }
    }
}
