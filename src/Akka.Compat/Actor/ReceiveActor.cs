namespace Akka.Actor;

/// <summary>An actor that declares a handler per message type, in its constructor and inside Become.</summary>
public abstract class ReceiveActor : UntypedActor
{
    private readonly Stack<MessageHandlers> _configuring = new();
    private readonly MessageHandlers _initial = new();

    /// <summary>Opens the actor for <c>Receive</c> calls until the constructors are done.</summary>
    protected ReceiveActor()
    {
        _configuring.Push(_initial);
    }

    /// <inheritdoc/>
    protected sealed override void OnReceive(object message) => Handle(_initial, message);

    /// <summary>Replaces the current handlers by those that <paramref name="configure"/> declares; the constructor's stay underneath.</summary>
    protected void Become(Action configure)
    {
        var handlers = Configure(configure);
        base.Become(message => Handle(handlers, message));
    }

    /// <summary>Puts the handlers that <paramref name="configure"/> declares on top of the current ones.</summary>
    protected void BecomeStacked(Action configure)
    {
        var handlers = Configure(configure);
        base.BecomeStacked(message => Handle(handlers, message));
    }

    /// <summary>Handles messages of type <typeparamref name="T"/>, if <paramref name="shouldHandle"/> agrees.</summary>
    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Configuring().Add<T>(message =>
        {
            if (shouldHandle is not null && !shouldHandle(message))
            {
                return false;
            }

            handler(message);
            return true;
        });
    }

    /// <summary>Handles messages of type <typeparamref name="T"/> for which <paramref name="handler"/> returns true.</summary>
    protected void Receive<T>(Func<T, bool> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Configuring().Add(handler);
    }

    /// <summary>Handles whatever the declarations before did not; nothing can be declared after it.</summary>
    protected void ReceiveAny(Action<object> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Configuring().AddLast(handler);
    }

    internal override void OnConstructed() => _configuring.Clear();

    private bool Handle(MessageHandlers handlers, object message)
    {
        if (!handlers.TryHandle(message))
        {
            Unhandled(message);
        }

        return true;
    }

    private MessageHandlers Configure(Action configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var handlers = new MessageHandlers();
        _configuring.Push(handlers);
        try
        {
            configure();
        }
        finally
        {
            _configuring.Pop();
        }

        return handlers;
    }

    private MessageHandlers Configuring() => _configuring.TryPeek(out var handlers)
        ? handlers
        : throw new InvalidOperationException("Receive may only be called in the actor's constructor and inside Become.");
}
