using KvmActors.Actors.Scenario;
using KvmActors.Actors.Vm;
using KvmActors.Host.Configuration;
using KvmActors.Host.Inspection;
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
/// <param name="DumpRegisters">Whether to print registers at every exit.</param>
/// <param name="Steps">How many instructions of each vCPU to step through.</param>
internal sealed record RunArguments(
    string Scenario, IReadOnlyList<string> Overrides, string? JsonFile, bool Trace, bool DumpRegisters, int Steps);

/// <summary>Runs a scenario: checks everything first, then starts, then reports.</summary>
internal static class RunCommand
{
    /// <summary>With more crashed VMs than this, the rest are only in the table and the JSON.</summary>
    private const int MaxCrashReports = 8;

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
        if (arguments.Steps > 0 && KvmAccess.StepWarning(device) is { } warning)
        {
            await Console.Error.WriteLineAsync($"kvmactors: {warning}");
        }

        await using var json = OpenJson(arguments.JsonFile);

        ScenarioResult result;
        using (TelemetryPipeline.Start(arguments.Trace ? Console.Error : null))
        {
            var services = new VmServices(device, new ProcessOutput(), telemetry.ExitSampling)
            {
                Observer = arguments.DumpRegisters || arguments.Steps > 0
                    ? new ExitPrinter(Console.Error, arguments.Steps, arguments.DumpRegisters)
                    : null,
            };
            result = await ScenarioRun.RunAsync(configuration, scenario, services);
        }

        var console = ErrorConsole();
        foreach (var (id, crash) in result.Vms.Where(vm => vm.Crash is not null).Take(MaxCrashReports).Select(vm => (vm.Id, vm.Crash!)))
        {
            CrashReportText.Write(console, id, crash);
        }

        ResultTable.Write(console, result);
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
