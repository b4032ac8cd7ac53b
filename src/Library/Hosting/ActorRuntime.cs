using Akka.Actor;
using Akka.Hosting;
using KvmActors.Actors.Scenario;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KvmActors.Library.Hosting;

/// <summary>
/// The actor system that virtual machines run in, with a Generic Host of its own around it: whoever embeds it may have another one, and
/// another actor system.
/// </summary>
internal sealed class ActorRuntime : IAsyncDisposable
{
    private readonly IHost _host;

    private ActorRuntime(IHost host)
    {
        _host = host;
        System = host.Services.GetRequiredService<ActorSystem>();
    }

    /// <summary>The actor system.</summary>
    public ActorSystem System { get; }

    /// <summary>Whether actors were left behind, whose end nobody waits for.</summary>
    public bool IsLeftBehind { get; set; }

    /// <summary>Starts it.</summary>
    /// <param name="logging">Says where actors' log lines go.</param>
    /// <param name="isVerbose">Whether details are wanted, too, which are put into words only then.</param>
    public static async Task<ActorRuntime> StartAsync(Action<IServiceCollection, ILoggingBuilder> logging, bool isVerbose)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ContentRootPath = AppContext.BaseDirectory });
        logging(builder.Services, builder.Logging);
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        builder.Services.AddAkka("kvmactors", (akka, _) => akka
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.LogLevel = isVerbose ? Akka.Event.LogLevel.DebugLevel : Akka.Event.LogLevel.InfoLevel;
                loggers.AddLoggerFactory();
            })
            .AddHocon(KvmActorSystem.Hocon, HoconAddMode.Append));
        var host = builder.Build();
        try
        {
            await host.StartAsync(CancellationToken.None);
            return new ActorRuntime(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Ends it.</summary>
    /// <exception cref="InvalidOperationException">It did not end.</exception>
    public async ValueTask DisposeAsync()
    {
        // Actors that hang in the host's kernel would have it wait.
        if (!IsLeftBehind)
        {
            await _host.StopAsync(CancellationToken.None);
        }

        _host.Dispose();
    }
}
