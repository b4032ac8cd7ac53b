using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Finds the dispatcher that an actor's props ask for.</summary>
internal sealed class Dispatchers(Config config)
{
    public const string DefaultId = "akka.actor.default-dispatcher";
    public const string CallingThreadId = "akka.test.calling-thread-dispatcher";

    private readonly ConcurrentDictionary<string, Lazy<ForkJoinDispatcher>> _shared = new(StringComparer.Ordinal);

    public MessageDispatcher Lookup(string id, ActorPath path) => id switch
    {
        DefaultId => ThreadPoolDispatcher.Instance,
        CallingThreadId => CallingThreadDispatcher.Instance,
        _ when config.Dispatchers.TryGetValue(id, out var settings) => settings is null ? new PinnedDispatcher() : Shared(id, settings),
        _ => throw new ConfigurationException(
            $"Dispatcher '{id}' of {path} is not configured: add '{id} {{ type = PinnedDispatcher }}' to the system's configuration."),
    };

    /// <summary>Ends the threads that belong to no actor. No actor runs any more.</summary>
    public void Stop()
    {
        foreach (var dispatcher in _shared.Values)
        {
            dispatcher.Value.Stop();
        }
    }

    // Its threads are made here, by whoever makes its first actor.
    private ForkJoinDispatcher Shared(string id, ForkJoinSettings settings) =>
        _shared.GetOrAdd(id, static (id, settings) => new Lazy<ForkJoinDispatcher>(() => new ForkJoinDispatcher(id, settings)), settings).Value;
}
