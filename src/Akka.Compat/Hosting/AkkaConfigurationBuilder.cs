using Akka.Actor;
using Akka.Configuration;
using Akka.DependencyInjection;
using Akka.Event;

namespace Akka.Hosting;

/// <summary>Where added configuration goes.</summary>
public enum HoconAddMode
{
    /// <summary>It fills gaps in what is there.</summary>
    Append,

    /// <summary>It overrides what is there.</summary>
    Prepend,

    /// <summary>It takes the place of what is there.</summary>
    Replace,
}

/// <summary>Collects what a hosted actor system is made of.</summary>
public sealed class AkkaConfigurationBuilder
{
    private readonly List<Action<ActorSystem, IActorRegistry, IDependencyResolver>> _starters = [];
    private readonly List<Action<ActorSystem, IActorRegistry>> _startups = [];

    internal AkkaConfigurationBuilder()
    {
    }

    internal Config Config { get; private set; } = Config.Empty;

    internal LoggerConfigBuilder Loggers { get; } = new();

    /// <summary>Runs <paramref name="startupTask"/> when all actors have been started.</summary>
    public AkkaConfigurationBuilder AddStartup(Action<ActorSystem, IActorRegistry> startupTask)
    {
        _startups.Add(startupTask);
        return this;
    }

    internal void AddConfig(Config hocon, HoconAddMode addMode) => Config = addMode switch
    {
        HoconAddMode.Append => Config.WithFallback(hocon),
        HoconAddMode.Prepend => hocon.WithFallback(Config),
        HoconAddMode.Replace => hocon,
        _ => throw new ArgumentOutOfRangeException(nameof(addMode), addMode, "Use Append, Prepend or Replace."),
    };

    internal void AddStarter(Action<ActorSystem, IActorRegistry, IDependencyResolver> starter) => _starters.Add(starter);

    internal void Start(ActorSystem system, IServiceProvider services)
    {
        var registry = ActorRegistry.For(system);
        var resolver = new ServiceProviderResolver(services);
        foreach (var starter in _starters)
        {
            starter(system, registry, resolver);
        }

        foreach (var startup in _startups)
        {
            startup(system, registry);
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
