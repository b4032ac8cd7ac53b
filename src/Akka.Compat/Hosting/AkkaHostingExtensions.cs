using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Hosting;

/// <summary>Puts an actor system into a host.</summary>
public static class AkkaHostingExtensions
{
    /// <summary>
    /// Registers an actor system that starts with the host and terminates when the host stops, and with it its registry and
    /// <see cref="IRequiredActor{TActor}"/>. If the system ends first, it stops the host.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="actorSystemName">The system's name.</param>
    /// <param name="builder">Says what the system is made of; runs when the host starts.</param>
    public static IServiceCollection AddAkka(
        this IServiceCollection services, string actorSystemName, Action<AkkaConfigurationBuilder, IServiceProvider> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        services.AddSingleton(provider =>
        {
            var configuration = new AkkaConfigurationBuilder();
            builder(configuration, provider);
            return configuration;
        });
        services.AddSingleton<ActorSystem>(provider =>
        {
            var configuration = provider.GetRequiredService<AkkaConfigurationBuilder>();
            return new ActorSystemImpl(actorSystemName, configuration.Config, CreateSinks(configuration.Loggers, provider));
        });
        services.AddSingleton(provider => ActorRegistry.For(provider.GetRequiredService<ActorSystem>()));
        services.AddSingleton<IActorRegistry>(provider => provider.GetRequiredService<ActorRegistry>());
        services.AddSingleton<IReadOnlyActorRegistry>(provider => provider.GetRequiredService<ActorRegistry>());
        services.AddSingleton(typeof(IRequiredActor<>), typeof(RequiredActor<>));
        return services.AddHostedService<AkkaHostedService>();
    }

    /// <summary>Adds configuration.</summary>
    public static AkkaConfigurationBuilder AddHocon(this AkkaConfigurationBuilder builder, Config hocon, HoconAddMode addMode)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(hocon);
        builder.AddConfig(hocon, addMode);
        return builder;
    }

    /// <summary>Starts actors with the system.</summary>
    public static AkkaConfigurationBuilder WithActors(this AkkaConfigurationBuilder builder, Action<ActorSystem, IActorRegistry> actorStarter)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(actorStarter);
        builder.AddStarter(actorStarter);
        return builder;
    }

    private static LogSinks CreateSinks(LoggerConfigBuilder loggers, IServiceProvider services)
    {
        var sinks = new LogSinks(loggers.LogLevel);
        if (loggers.ToStandardOutput)
        {
            sinks.Add(Console.Out.WriteLine);
        }

        if (loggers.ToLoggerFactory)
        {
            ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<ActorSystem>();
            sinks.Add(line => LoggerFactorySink.Write(logger, line));
        }

        return sinks;
    }
}

/// <summary>Chooses a hosted system's logs.</summary>
public static class LoggingExtensions
{
    /// <summary>Says where the system's log lines go.</summary>
    public static AkkaConfigurationBuilder ConfigureLoggers(this AkkaConfigurationBuilder builder, Action<LoggerConfigBuilder> configurator)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configurator);
        configurator(builder.Loggers);
        return builder;
    }

    /// <summary>Adds the container's <see cref="ILoggerFactory"/> as a destination.</summary>
    public static LoggerConfigBuilder AddLoggerFactory(this LoggerConfigBuilder configBuilder)
    {
        ArgumentNullException.ThrowIfNull(configBuilder);
        configBuilder.AddLoggerFactory();
        return configBuilder;
    }
}
