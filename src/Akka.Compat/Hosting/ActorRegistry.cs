using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace Akka.Hosting;

/// <summary>Finds actors by the type they were registered under.</summary>
public interface IReadOnlyActorRegistry
{
    /// <summary>The actor registered under <typeparamref name="TKey"/>.</summary>
    /// <exception cref="MissingActorRegistryEntryException">There is none.</exception>
    IActorRef Get<TKey>();

    /// <summary>The actor registered under <typeparamref name="TKey"/>, as soon as there is one.</summary>
    Task<IActorRef> GetAsync<TKey>(CancellationToken ct = default);

    /// <summary>The actor registered under <typeparamref name="TKey"/>, or <see cref="ActorRefs.Nobody"/> and false.</summary>
    bool TryGet<TKey>(out IActorRef actor);
}

/// <summary>Registers actors for others to find.</summary>
public interface IActorRegistry : IReadOnlyActorRegistry
{
    /// <summary>Registers <paramref name="actor"/> under <typeparamref name="TKey"/>.</summary>
    /// <param name="actor">The actor.</param>
    /// <param name="overwrite">Whether it may replace another one.</param>
    /// <exception cref="DuplicateActorRegistryException">There is one already, and it may not be replaced.</exception>
    void Register<TKey>(IActorRef actor, bool overwrite = false);
}

/// <summary>The actors of one system by type.</summary>
public class ActorRegistry : IActorRegistry
{
    private readonly ConcurrentDictionary<Type, IActorRef> _actors = new();
    private readonly ConcurrentDictionary<Type, TaskCompletionSource<IActorRef>> _awaited = new();

    /// <summary>The registry of <paramref name="actorSystem"/>.</summary>
    public static ActorRegistry For(ActorSystem actorSystem) =>
        ((ActorSystemImpl)actorSystem).Extension(static _ => new ActorRegistry());

    /// <inheritdoc/>
    public void Register<TKey>(IActorRef actor, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (overwrite)
        {
            _actors[typeof(TKey)] = actor;
        }
        else if (!_actors.TryAdd(typeof(TKey), actor))
        {
            throw new DuplicateActorRegistryException($"An actor is registered as {typeof(TKey)} already: use another key, or overwrite.");
        }

        if (_awaited.TryRemove(typeof(TKey), out var awaited))
        {
            awaited.TrySetResult(actor);
        }
    }

    /// <inheritdoc/>
    public IActorRef Get<TKey>() => TryGet<TKey>(out var actor)
        ? actor
        : throw new MissingActorRegistryEntryException($"No actor is registered as {typeof(TKey)}.");

    /// <inheritdoc/>
    public Task<IActorRef> GetAsync<TKey>(CancellationToken ct = default)
    {
        var awaited = _awaited.GetOrAdd(
            typeof(TKey), static _ => new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously));

        // Looked up after the promise is out, so that a registration in between fulfils one or the other.
        if (!TryGet<TKey>(out var actor))
        {
            return awaited.Task.WaitAsync(ct);
        }

        awaited.TrySetResult(actor);
        _awaited.TryRemove(new KeyValuePair<Type, TaskCompletionSource<IActorRef>>(typeof(TKey), awaited));
        return Task.FromResult(actor);
    }

    /// <inheritdoc/>
    public bool TryGet<TKey>(out IActorRef actor)
    {
        bool found = _actors.TryGetValue(typeof(TKey), out var registered);
        actor = registered ?? ActorRefs.Nobody;
        return found;
    }
}

/// <summary>The base of what an actor registry throws.</summary>
public class ActorRegistryException(string message) : Exception(message);

/// <summary>A key was registered twice.</summary>
public sealed class DuplicateActorRegistryException(string message) : ActorRegistryException(message);

/// <summary>Nothing is registered under a key.</summary>
public sealed class MissingActorRegistryEntryException(string message) : ActorRegistryException(message);

/// <summary>The actor registered under <typeparamref name="TActor"/>, for a service's constructor.</summary>
public interface IRequiredActor<TActor>
{
    /// <summary>The actor.</summary>
    /// <exception cref="MissingActorRegistryEntryException">It is not registered yet.</exception>
    IActorRef ActorRef { get; }

    /// <summary>The actor, as soon as it is registered.</summary>
    Task<IActorRef> GetAsync(CancellationToken cancellationToken = default);
}

[SuppressMessage("Performance", "CA1812", Justification = "The container creates it.")]
internal sealed class RequiredActor<TActor>(IReadOnlyActorRegistry registry) : IRequiredActor<TActor>
{
    public IActorRef ActorRef => registry.Get<TActor>();

    public Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) => registry.GetAsync<TActor>(cancellationToken);
}
