using Akka.Actor;
using Akka.Hosting;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KvmActors.Host.Running;

/// <summary>Composes the Generic Host with the actor system, runs one scenario in it, and takes both down again.</summary>
internal static class ScenarioRun
{
    private const int MaxPoolThreads = 16;

    /// <summary>Runs a scenario to its end.</summary>
    /// <param name="settings">The program's settings.</param>
    /// <param name="scenario">What to run.</param>
    /// <param name="services">What its VMs need.</param>
    /// <param name="stop">Ends the scenario, which still reports every VM it started; in the end without waiting for any.</param>
    public static async Task<ScenarioResult> RunAsync(
        ProgramSettings settings, ScenarioSpec scenario, VmServices services, StopRequests stop)
    {
        // What blocks there would otherwise make the pool grow into the threads that are kept for the runtime, which aborts the
        // process when it gets none.
        ThreadPool.SetMaxThreads(Math.Max(MaxPoolThreads, Environment.ProcessorCount), MaxPoolThreads);
        using var host = Build(settings.ForHost, services);
        await host.StartAsync(CancellationToken.None);

        var actor = await host.Services.GetRequiredService<IRequiredActor<ScenarioActor>>().GetAsync(CancellationToken.None);
        var running = KvmActorSystem.RunAsync(host.Services.GetRequiredService<ActorSystem>(), actor, scenario);
        await using (stop.Asked.Register(() => actor.Tell(CancelScenario.Instance)))
        await using (stop.Insisted.Register(() => actor.Tell(CancelScenario.Instance)))
        {
            var result = await running;
            if (result.LeftBehind > 0)
            {
                // Actors are there that nobody waits for any more.
                return result;
            }

            try
            {
                await host.StopAsync(CancellationToken.None);
                return result;
            }
            catch (Exception e)
            {
                return result with { Problem = result.Problem ?? $"the actor system did not end: {e.Message.ReplaceLineEndings(" ")}" };
            }
        }
    }

    private static IHost Build(ConfigurationManager configuration, VmServices services)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings
        {
            DisableDefaults = true,
            Configuration = configuration,
            ContentRootPath = AppContext.BaseDirectory,
        });

        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));

        // Standard output belongs to the guests.
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            options => options.LogToStandardErrorThreshold = Microsoft.Extensions.Logging.LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();

        builder.Services.AddAkka("kvmactors", (akka, _) => akka
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.LogLevel = WantsDebug(configuration) ? Akka.Event.LogLevel.DebugLevel : Akka.Event.LogLevel.InfoLevel;
                loggers.AddLoggerFactory();
            })
            .AddHocon(KvmActorSystem.Hocon, HoconAddMode.Append)
            .WithActors((system, registry) => registry.Register<ScenarioActor>(system.ActorOf(KvmActorSystem.ScenarioProps(services), "scenario"))));
        return builder.Build();
    }

    // What the actors have to say is put into words only when somebody is to see it.
    private static bool WantsDebug(ConfigurationManager configuration) =>
        configuration.GetSection("Logging").AsEnumerable().Any(setting => setting.Value is "Debug" or "Trace");
}
