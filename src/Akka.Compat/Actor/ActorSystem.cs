using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A tree of actors and what they share.</summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    private protected ActorSystem()
    {
    }

    /// <summary>The first part of every path.</summary>
    public abstract string Name { get; }

    /// <summary>Where dead letters and unhandled messages are published, and anything else may be.</summary>
    public abstract EventStream EventStream { get; }

    /// <summary>Publishes what it is sent as <see cref="DeadLetter"/>.</summary>
    public abstract IActorRef DeadLetters { get; }

    /// <summary>Sends messages later.</summary>
    public abstract IScheduler Scheduler { get; }

    /// <summary>The system's own log.</summary>
    public abstract ILoggingAdapter Log { get; }

    /// <summary>Completes after the last <c>PostStop</c>.</summary>
    public abstract Task WhenTerminated { get; }

    /// <summary>Starts a system without configuration.</summary>
    /// <exception cref="ArgumentException">The name is not made of ASCII letters, digits, '-' and '_'.</exception>
    public static ActorSystem Create(string name) => Create(name, Config.Empty);

    /// <summary>Starts a system.</summary>
    /// <exception cref="ArgumentException">The name is not made of ASCII letters, digits, '-' and '_'.</exception>
    public static ActorSystem Create(string name, Config config) => new ActorSystemImpl(name, config, LogSinks.StandardOutput());

    /// <inheritdoc/>
    public abstract IActorRef ActorOf(Props props, string? name = null);

    /// <summary>Stops all actors; completes when they have stopped.</summary>
    public abstract Task Terminate();

    /// <summary>Stops an actor after the message it is handling.</summary>
    public abstract void Stop(IActorRef actor);

    /// <summary>Begins to terminate the system.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Dispose(bool disposing);
}
