using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Hosting;

/// <summary>Where added configuration goes.</summary>
public enum HoconAddMode
{
    /// <summary>It fills gaps in what is there.</summary>
    Append,
}

/// <summary>Collects what a hosted actor system is made of.</summary>
public sealed class AkkaConfigurationBuilder
{
    private readonly List<Action<ActorSystem, IActorRegistry>> _starters = [];

    internal AkkaConfigurationBuilder()
    {
    }

    internal Config Config { get; private set; } = Config.Empty;

    internal LoggerConfigBuilder Loggers { get; } = new();

    internal void AddConfig(Config hocon, HoconAddMode addMode) => Config = addMode == HoconAddMode.Append
        ? Config.WithFallback(hocon)
        : throw new ArgumentOutOfRangeException(nameof(addMode), addMode, "Use Append.");

    internal void AddStarter(Action<ActorSystem, IActorRegistry> starter) => _starters.Add(starter);

    internal void Start(ActorSystem system)
    {
        var registry = ActorRegistry.For(system);
        foreach (var starter in _starters)
        {
            starter(system, registry);
        }
    }
}

/// <summary>Chooses where a hosted system's log lines go; standard output, if nothing else is said.</summary>
public sealed class LoggerConfigBuilder
{
    internal LoggerConfigBuilder()
    {
    }

    /// <summary>The least important level that is written.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.InfoLevel;

    internal bool ToStandardOutput { get; private set; } = true;

    internal bool ToLoggerFactory { get; private set; }

    /// <summary>Forgets all destinations chosen so far.</summary>
    public LoggerConfigBuilder ClearLoggers()
    {
        ToStandardOutput = false;
        ToLoggerFactory = false;
        return this;
    }

    internal void AddLoggerFactory() => ToLoggerFactory = true;
}
