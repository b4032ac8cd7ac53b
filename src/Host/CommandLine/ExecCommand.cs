using System.Globalization;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Debugging;
using KvmActors.Host.Exec;
using KvmActors.Host.GuestOutput;
using KvmActors.Host.Inspection;
using KvmActors.Host.Output;
using KvmActors.Host.Running;
using KvmActors.Host.Telemetry;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;
using KvmActors.Library.Programs;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.CommandLine;

/// <summary>Runs one Linux program in a VM of its own, and ends as the program ends.</summary>
internal static class ExecCommand
{
    // As timeout(1) and the shells have it.
    private const int TimedOut = 124, VmFailed = 125, SignalBase = 128;

    // What ended the VM says so itself, and what only delayed it changed nothing.
    private static readonly string[] OwnWords =
    [
        nameof(RunLimits.Exits), nameof(RunLimits.MaxInstructions), nameof(RunLimits.CpuBudget), nameof(RunLimits.MemoryTouchedMiB),
        nameof(RunLimits.HypercallsPerSecond), nameof(ConsoleLimits.ConsoleBytesPerSecond),
    ];

    /// <summary>Runs.</summary>
    /// <returns>The program's exit status, or what stands in for it.</returns>
    /// <exception cref="ConfigurationException">An option is wrong.</exception>
    /// <exception cref="KvmUnavailableException">KVM cannot be used.</exception>
    public static async Task<int> RunAsync(ExecArguments arguments)
    {
        try
        {
            var scenario = ExecPlan.Create(arguments);
            using var configuration = ProgramConfiguration.ReadSettings(arguments.Settings);
            var (kvm, telemetry) = ProgramConfiguration.ReadOptions(configuration);
            var sandbox = arguments.Sandbox ?? ProgramConfiguration.ReadSandbox(configuration);
            using var backends = Backends.Open(scenario, arguments.Backend, kvm.Device);
            scenario = WithProcessors(backends.Scenario, arguments.Vcpus);
            backends.CheckInSoftware("--until", arguments.Until is not null);
            backends.CheckInSoftware(InstructionTraceFile.Option, arguments.InstructionFile is not null);
            var cores = CoreFolder.Open(arguments.CoreFolder);
            using var gdb = GdbServer.Open(arguments.Gdb, scenario, backends.StepsRing3);
            if (gdb is { IsOnStandardStreams: true })
            {
                scenario = scenario with { Vms = [scenario.Vms[0] with { InheritsInput = false }] };
            }

            using var strace = SyscallTraceFile.Open(arguments.Strace, arguments.StraceFile, hasNames: false);
            var stop = StopSignals.Take();
            using var outputs = RunOutputs.Open(arguments.JsonFile, arguments.ReportFile, arguments.TimelineFile, arguments.InstructionFile);
            if (backends.Note is { } note)
            {
                ErrorLine.Write($"exec: {note}");
            }

            KeptOutput? kept = null;
            var facts = RunFacts.Take(scenario, kvm.Device) with { OutputOf = vm => kept?.TextOf(vm) ?? GuestText.Empty };
            ScenarioResult result;
            using (arguments.Trace ? TelemetryPipeline.Start(Console.Error) : null)
            using (var terminal = TerminalSettings.Keep())
            {
                var streams = new ProcessOutput(sharesTerminal: true);
                var output = SafeOutput.For(gdb is { IsOnStandardStreams: true } ? new ErrorOnlyOutput(streams) : streams, arguments.Console, terminal.IsTerminal);
                kept = outputs.WantResults ? new KeptOutput(output, KeptOutput.RoomFor(1)) : null;
                var services = backends.CreateServices((IGuestOutput?)kept ?? output, telemetry.ExitSampling) with
                {
                    Sandbox = sandbox,
                    Cores = cores,
                    Syscalls = strace,
                    Until = arguments.Until,
                    Instructions = outputs.Instructions,
                    Debuggers = gdb is null ? [] : [gdb.Debugger],
                    Recording = RunOutputs.RecordingFor(arguments.ReportFile, arguments.TimelineFile, scenario),
                };
                gdb?.Start();
                result = await ScenarioRun.RunAsync(configuration, scenario, services, stop);
                terminal.DropsInput = output.Finish();
            }

            IReadOnlyList<string> problems =
            [
                .. outputs.Write(result, facts),
                .. strace?.Problem is { } lost ? [lost] : Array.Empty<string>(),
                .. arguments.Until is not null && result.Vms is [{ Outcome: not (VmOutcome.Reached or VmOutcome.Cancelled) }]
                    ? ["--until: the program did not get there"] : Array.Empty<string>(),
            ];
            foreach (var problem in problems)
            {
                ErrorLine.Write($"exec: {problem}");
            }

            if (result.Problem is not null)
            {
                ErrorLine.Write($"exec: {result.Problem}");
            }

            var exitCode = result.Vms.Count > 0 ? ExitCodeOf(result.Vms[0]) : result.Problem is not null ? VmFailed : ExitCodes.Interrupted;
            return exitCode == ExitCodes.Success && problems.Count > 0 ? VmFailed : exitCode;
        }
        catch (ProgramException e)
        {
            ErrorLine.Write($"exec: {e.Message}");
            return e.ExitCode;
        }
    }

    // All of this machine's, unless told; in software a run depends on nothing of this machine.
    private static ScenarioSpec WithProcessors(ScenarioSpec scenario, int? wanted) => wanted is not null || scenario.Vms is not [{ Backend: Backend.Kvm } vm]
        ? scenario : scenario with { Vms = [vm with { Processors = Environment.ProcessorCount }] };

    private static int ExitCodeOf(VmResult vm)
    {
        foreach (var limit in vm.Limits.Where(limit => limit is { Hits: > 0, Limit: not null } && !OwnWords.Contains(limit.Name)))
        {
            ErrorLine.Write(string.Create(CultureInfo.InvariantCulture, $"exec: its limit {limit.Name} of {limit.Limit} was reached: {limit.Hits} calls were refused"));
        }

        if (vm.MissingSystemCalls.Count > 0 && !(vm.Outcome == VmOutcome.Exited && vm.ExitCode is 0))
        {
            var missing = string.Join(", ", vm.MissingSystemCalls.Select(call => $"{call.Key} ({call.Value})"));
            ErrorLine.Write($"exec: it made system calls that are not served: {missing}; --strace shows where");
        }

        if (vm.UnknownInstructions.Count > 0 && !(vm.Outcome == VmOutcome.Exited && vm.ExitCode is 0))
        {
            var unknown = string.Join(", ", vm.UnknownInstructions.Select(row => $"{row.Key} ({row.Value})"));
            ErrorLine.Write($"exec: it came to instructions that the processor in software does not have: {unknown}");
        }

        if (vm.Outcome == VmOutcome.Exited)
        {
            return vm.ExitCode.GetValueOrDefault() & 0xFF;
        }

        if (vm is { Outcome: VmOutcome.Reached, Crash: { } state })
        {
            CrashReportText.Write(ErrorConsole.Create(), vm.Id, state);
            return ExitCodes.Success;
        }

        ErrorLine.Write($"exec: {vm.Message}");
        if (vm is { Core: { } core, Crash: { } crash })
        {
            CrashReportText.WriteBody(ErrorConsole.Create(), crash);
            ErrorLine.Write(core.Problem is null ? $"exec: core file {core.File}" : $"exec: --core: {core.Problem}");
        }

        return vm.Outcome switch
        {
            VmOutcome.TimedOut or VmOutcome.OutOfBudget => TimedOut,
            VmOutcome.Cancelled => ExitCodes.Interrupted,
            _ => vm.Signal is { } signal ? SignalBase + signal : VmFailed,
        };
    }
}
