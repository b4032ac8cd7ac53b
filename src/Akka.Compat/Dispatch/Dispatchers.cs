using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Finds the dispatcher that an actor's props ask for.</summary>
internal sealed class Dispatchers(Config config)
{
    public const string DefaultId = "akka.actor.default-dispatcher";
    public const string CallingThreadId = "akka.test.calling-thread-dispatcher";

    public MessageDispatcher Lookup(string id, ActorPath path) => id switch
    {
        DefaultId => ThreadPoolDispatcher.Instance,
        CallingThreadId => CallingThreadDispatcher.Instance,
        _ when config.PinnedDispatchers.Contains(id) => new PinnedDispatcher(),
        _ => throw new ConfigurationException(
            $"Dispatcher '{id}' of {path} is not configured: add '{id} {{ type = PinnedDispatcher }}' to the system's configuration."),
    };
}
