using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Finds the dispatcher that an actor's props ask for.</summary>
internal sealed class Dispatchers(Config config)
{
    public const string DefaultId = "akka.actor.default-dispatcher";
    public const string CallingThreadId = "akka.test.calling-thread-dispatcher";

    public MessageDispatcher Lookup(string id, ActorPath path)
    {
        switch (id)
        {
            case DefaultId:
                return ThreadPoolDispatcher.Instance;
            case CallingThreadId:
                return CallingThreadDispatcher.Instance;
        }

        if (!config.HasPath(id))
        {
            throw new ConfigurationException(
                $"Dispatcher '{id}' of {path} is not configured: add '{id} {{ type = PinnedDispatcher }}' to the system's configuration.");
        }

        return config.GetString(id + ".type") switch
        {
            "PinnedDispatcher" => new PinnedDispatcher(),
            null or "Dispatcher" or "TaskDispatcher" => ThreadPoolDispatcher.Instance,
            string type => throw new ConfigurationException(
                $"Dispatcher '{id}' of {path} has type '{type}'; known are Dispatcher, TaskDispatcher and PinnedDispatcher."),
        };
    }
}
