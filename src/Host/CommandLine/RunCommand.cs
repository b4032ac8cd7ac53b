using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Debugging;
using KvmActors.Host.GuestOutput;
using KvmActors.Host.Inspection;
using KvmActors.Host.Output;
using KvmActors.Host.Progress;
using KvmActors.Host.Report;
using KvmActors.Host.Running;
using KvmActors.Host.Telemetry;
using KvmActors.Interop.Sandbox;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;
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
    string Scenario, IReadOnlyList<string> Overrides, string? JsonFile, bool Trace, bool DumpRegisters, int Steps)
{
    /// <summary>The word that named the scenario, for messages.</summary>
    public string NamedBy { get; init; } = "--scenario";

    /// <summary>Where the report goes; null for nowhere.</summary>
    public string? ReportFile { get; init; }

    /// <summary>Where the timeline goes; null for nowhere.</summary>
    public string? TimelineFile { get; init; }

    /// <summary>Which VM waits for a debugger, and where; null for none.</summary>
    public string? Gdb { get; init; }

    /// <summary>Where each VM is to be stopped; null for nowhere.</summary>
    public StopPoint? Until { get; init; }

    /// <summary>Where every instruction is written down; null for nowhere.</summary>
    public string? InstructionFile { get; init; }

    /// <summary>Whether to write a line for each system call of programs.</summary>
    public bool Strace { get; init; }

    /// <summary>Where those go; null for standard error.</summary>
    public string? StraceFile { get; init; }

    /// <summary>The folder that core files go to; null for none.</summary>
    public string? CoreFolder { get; init; }

    /// <summary>What all VMs are to run on, whatever the scenario says; null for what it says.</summary>
    public Backend? Backend { get; init; }

    /// <summary>How far threads that serve a guest are confined; null for what the settings say.</summary>
    public SandboxMode? Sandbox { get; init; }

    /// <summary>Whether to show errors only.</summary>
    public bool Quiet { get; init; }

    /// <summary>Where guests' output goes.</summary>
    public OutputChoice Output { get; init; } = OutputChoice.Plain;

    /// <summary>What a terminal is shown of guests' output; null for what is safe there.</summary>
    public ConsoleMode? Console { get; init; }
}

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
        var scenarioFile = ScenarioFiles.Find(arguments.Scenario, arguments.NamedBy);
        using var configuration = ProgramConfiguration.Read(scenarioFile, arguments.Overrides);
        var (kvm, telemetry) = ProgramConfiguration.ReadOptions(configuration);
        var sandbox = arguments.Sandbox ?? ProgramConfiguration.ReadSandbox(configuration);
        var scenario = ProgramConfiguration.ReadScenario(configuration, scenarioFile);

        using var backends = Backends.Open(scenario, arguments.Backend, kvm.Device);
        scenario = backends.Scenario;
        backends.CheckInSoftware("--until", arguments.Until is not null);
        backends.CheckInSoftware(InstructionTraceFile.Option, arguments.InstructionFile is not null);
        var stepsRing3 = arguments.Steps > 0 && backends.CheckStepping();

        var cores = CoreFolder.Open(arguments.CoreFolder);
        using var gdb = GdbServer.Open(arguments.Gdb, scenario, backends.StepsRing3);
        using var strace = SyscallTraceFile.Open(arguments.Strace, arguments.StraceFile, hasNames: true);
        var stop = StopSignals.Take();
        using var outputs = RunOutputs.Open(arguments.JsonFile, arguments.ReportFile, arguments.TimelineFile, arguments.InstructionFile);

        using var guests = GuestOutputs.Open(
            arguments.Output, arguments.Console, gdb is { IsOnStandardStreams: true } ? new ErrorOnlyOutput(new ProcessOutput()) : new ProcessOutput());

        if (backends.Note is { } note)
        {
            ErrorLine.Write(note);
        }

        var facts = RunFacts.Take(scenario, kvm.Device) with { OutputOf = guests.TextOf };
        ScenarioResult result;
        IReadOnlyList<string> problems;
        var target = guests.Target;
        var beside = target;
        var progress = arguments.Quiet ? null : new ScenarioProgress();
        await using (progress is null ? null : ProgressDisplay.Start(progress, ref (guests.IsToStreams ? ref target : ref beside)))
        using (TelemetryPipeline.Start(arguments.Trace ? Console.Error : null))
        {
            var output = guests.Connect(target, outputs.WantResults ? KeptOutput.RoomFor(facts.AskedVms) : 0);
            var services = backends.CreateServices(output, telemetry.ExitSampling) with
            {
                Recording = RunOutputs.RecordingFor(arguments.ReportFile, arguments.TimelineFile, scenario),
                Progress = progress,
                Sandbox = sandbox,
                Cores = cores,
                Syscalls = strace,
                Until = arguments.Until,
                Instructions = outputs.Instructions,
                Debuggers = gdb is null ? [] : [gdb.Debugger],
                Observer = arguments.DumpRegisters || arguments.Steps > 0
                    ? new ExitPrinter(Console.Error, arguments.Steps, stepsRing3, arguments.DumpRegisters)
                    : null,
            };
            gdb?.Start();
            result = await ScenarioRun.RunAsync(configuration, scenario, services, stop);

            // Before all that may wait for others: a terminal, a reader, a receiver of traces.
            problems = outputs.Write(result, facts);
            guests.Finish();
        }

        var isMissed = arguments.Until is not null && !result.WasCancelled && result.Vms.All(vm => vm.Outcome != VmOutcome.Reached);
        Show(result, arguments.Quiet, isStopped: arguments.Until is not null);
        problems = [.. problems, .. CoreProblems(result), .. strace?.Problem is { } lost ? [lost] : Array.Empty<string>(), .. guests.Problem is { } problem ? [problem] : Array.Empty<string>()];
        foreach (var line in problems)
        {
            ErrorLine.Write(line);
        }

        if (isMissed)
        {
            ErrorLine.Write("--until: no VM got there");
        }

        return result.WasCancelled ? ExitCodes.Interrupted
            : !result.IsSuccess || isMissed ? ExitCodes.GuestFailed
            : problems.Count == 0 ? ExitCodes.Success
            : ExitCodes.OutputFailed;
    }

    private static IEnumerable<string> CoreProblems(ScenarioResult result) =>
        result.Vms.Select(vm => vm.Core?.Problem).OfType<string>().Take(1).Select(problem => $"--core: {problem}");

    private static void Show(ScenarioResult result, bool quiet, bool isStopped)
    {
        if (result.Problem is not null)
        {
            ErrorLine.Write(result.Problem);
        }

        if (quiet)
        {
            if (isStopped)
            {
                ShowCrashes(ErrorConsole.Create(), result.Vms.Where(vm => vm.Outcome == VmOutcome.Reached));
            }

            foreach (var vm in result.Vms.Where(vm => !vm.IsSuccess))
            {
                ErrorLine.Write($"{vm.Id}: {OutcomeStyle.NameOf(vm)}{(vm.Message is null ? "" : $": {vm.Message}")}");
            }

            return;
        }

        var console = ErrorConsole.Create();
        ShowCrashes(console, result.Vms);
        ResultTable.Write(console, result);
    }

    private static void ShowCrashes(IAnsiConsole console, IEnumerable<VmResult> vms)
    {
        foreach (var (id, crash) in vms.Where(vm => vm.Crash is not null).Take(MaxCrashReports).Select(vm => (vm.Id, vm.Crash!)))
        {
            CrashReportText.Write(console, id, crash);
        }
    }
}
