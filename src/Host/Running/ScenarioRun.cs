using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KvmActors.Host.Running;

/// <summary>Runs one scenario in a <see cref="KvmHost"/> of its own.</summary>
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
        var host = await KvmHost.StartAsync((collection, logging) => Log(collection, logging, settings.ForHost), WantsDebug(settings.ForHost), services);
        var result = await host.RunAsync(scenario, services, stop.Asked, stop.Insisted);
        try
        {
            await host.DisposeAsync();
            return result;
        }
        catch (Exception e)
        {
            return result with { Problem = result.Problem ?? $"the actor system did not end: {e.Message.ReplaceLineEndings(" ")}" };
        }
    }

    // Standard output belongs to the guests.
    private static void Log(IServiceCollection services, ILoggingBuilder logging, ConfigurationManager configuration)
    {
        logging.AddConfiguration(configuration.GetSection("Logging"));
        logging.AddSimpleConsole(options => options.SingleLine = true);
        services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            options => options.LogToStandardErrorThreshold = Microsoft.Extensions.Logging.LogLevel.Trace);
    }

    // What the actors have to say is put into words only when somebody is to see it.
    private static bool WantsDebug(ConfigurationManager configuration) =>
        configuration.GetSection("Logging").AsEnumerable().Any(setting => setting.Value is "Debug" or "Trace");
}
