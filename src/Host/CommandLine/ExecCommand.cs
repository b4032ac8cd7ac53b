using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Exec;
using KvmActors.Host.Inspection;
using KvmActors.Host.Output;
using KvmActors.Host.Running;
using KvmActors.Machine.Kvm;

namespace KvmActors.Host.CommandLine;

/// <summary>Runs one static Linux program in a VM of its own, and ends as the program ends.</summary>
internal static class ExecCommand
{
    // As timeout(1) and the shells have it.
    private const int TimedOut = 124, VmFailed = 125, SignalBase = 128;

    /// <summary>Runs.</summary>
    /// <returns>The program's exit status, or what stands in for it.</returns>
    /// <exception cref="ConfigurationException">An option is wrong.</exception>
    /// <exception cref="KvmUnavailableException">KVM cannot be used.</exception>
    public static async Task<int> RunAsync(ExecArguments arguments)
    {
        try
        {
            var scenario = ExecPlan.Create(arguments);
            using var configuration = ProgramConfiguration.ReadSettings();
            var (kvm, telemetry) = ProgramConfiguration.ReadOptions(configuration);
            var sandbox = arguments.Sandbox ?? ProgramConfiguration.ReadSandbox(configuration);
            using var device = KvmAccess.Open(kvm.Device);
            KvmAccess.Check(device, scenario);
            var cores = CoreFolder.Open(arguments.CoreFolder);
            var stop = StopSignals.Take();
            ScenarioResult result;
            using (var terminal = TerminalSettings.Keep())
            {
                var output = SafeOutput.For(new ProcessOutput(sharesTerminal: true), arguments.Console, terminal.IsTerminal);
                var services = new VmServices(new KvmHypervisor(device), output, telemetry.ExitSampling) { Sandbox = sandbox, Cores = cores };
                result = await ScenarioRun.RunAsync(configuration, scenario, services, stop);
                terminal.DropsInput = output.Finish();
            }

            if (result.Problem is not null)
            {
                ErrorLine.Write($"exec: {result.Problem}");
            }

            return result.Vms.Count > 0 ? ExitCodeOf(result.Vms[0]) : result.Problem is not null ? VmFailed : ExitCodes.Interrupted;
        }
        catch (ExecException e)
        {
            ErrorLine.Write($"exec: {e.Message}");
            return e.ExitCode;
        }
    }

    private static int ExitCodeOf(VmResult vm)
    {
        if (vm.Outcome == VmOutcome.Exited)
        {
            return vm.ExitCode.GetValueOrDefault() & 0xFF;
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
