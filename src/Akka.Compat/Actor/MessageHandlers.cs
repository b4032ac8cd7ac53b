namespace Akka.Actor;

/// <summary>What a <see cref="ReceiveActor"/> declared: the first handler that accepts a message gets it.</summary>
internal sealed class MessageHandlers
{
    private readonly List<Func<object, bool>> _handlers = [];
    private bool _complete;

    public void Add<T>(Func<T, bool> handler) => Append(message => message is T typed && handler(typed));

    public void AddLast(Action<object> handler)
    {
        Append(message =>
        {
            handler(message);
            return true;
        });
        _complete = true;
    }

    public bool TryHandle(object message)
    {
        foreach (var handler in _handlers)
        {
            if (handler(message))
            {
                return true;
            }
        }

        return false;
    }

    private void Append(Func<object, bool> handler)
    {
        if (_complete)
        {
            throw new InvalidOperationException("ReceiveAny handles everything: what is declared after it would never run.");
        }

        _handlers.Add(handler);
    }
}
