using KvmActors.Actors.Scenario;
using KvmActors.Host.Configuration;
using KvmActors.Host.Output;
using KvmActors.Host.Running;
using KvmActors.Host.Telemetry;
using Spectre.Console;

namespace KvmActors.Host.CommandLine;

/// <summary>What to run and what to write about it.</summary>
/// <param name="Scenario">A scenario's name or file.</param>
/// <param name="Overrides">Settings, <c>--Key:Sub=value</c> each.</param>
/// <param name="JsonFile">Where the results go for programs; null for nowhere.</param>
/// <param name="Trace">Whether to write a line for each span.</param>
internal sealed record RunArguments(string Scenario, IReadOnlyList<string> Overrides, string? JsonFile, bool Trace);

/// <summary>Runs a scenario: checks everything first, then starts, then reports.</summary>
internal static class RunCommand
{
    /// <summary>Runs.</summary>
    /// <returns>The process's exit code.</returns>
    /// <exception cref="ConfigurationException">The configuration is wrong.</exception>
    /// <exception cref="KvmUnavailableException">KVM cannot be used.</exception>
    public static async Task<int> RunAsync(RunArguments arguments)
    {
        var scenarioFile = ScenarioFiles.Find(arguments.Scenario);
        using var configuration = ProgramConfiguration.Read(scenarioFile, arguments.Overrides);
        var kvm = ProgramConfiguration.Bind<KvmOptions>(configuration, "Kvm");
        var telemetry = ProgramConfiguration.Bind<TelemetryOptions>(configuration, "Telemetry");
        var scenario = ProgramConfiguration.ReadScenario(configuration, scenarioFile);

        using var device = KvmAccess.Open(kvm.Device);
        KvmAccess.Check(device, scenario);
        await using var json = OpenJson(arguments.JsonFile);

        ScenarioResult result;
        using (TelemetryPipeline.Start(arguments.Trace ? Console.Error : null))
        {
            result = await ScenarioRun.RunAsync(configuration, scenario, device, new ProcessOutput(), telemetry);
        }

        ResultTable.Write(ErrorConsole(), result);
        if (json is not null)
        {
            ResultDocument.From(result).WriteTo(json);
        }

        return result.WasCancelled ? ExitCodes.Interrupted : result.IsSuccess ? ExitCodes.Success : ExitCodes.GuestFailed;
    }

    // Opened before anything runs: a place that cannot be written to should not cost a whole run.
    private static FileStream? OpenJson(string? path)
    {
        try
        {
            return path is null ? null : new FileStream(path, FileMode.Create, System.IO.FileAccess.Write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--json {path}: {e.Message}");
        }
    }

    private static IAnsiConsole ErrorConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });

        // A file or a pipe has no width; tables in it should not be folded.
        if (Console.IsErrorRedirected)
        {
            console.Profile.Width = 200;
        }

        return console;
    }
}
