using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Kvm;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests;

/// <summary>Results made by hand.</summary>
internal static class SampleResults
{
    /// <summary>A scenario with some good VMs and, if wanted, one that crashed.</summary>
    public static ScenarioResult Scenario(int good, bool oneCrashed)
    {
        var vms = Enumerable.Range(0, good).Select(index => Vm($"good-{index}", VmOutcome.Exited, 0, null)).ToList();
        if (oneCrashed)
        {
            vms.Add(Vm("bad-0", VmOutcome.Crashed, null, "unclaimed port 0x1234 [odd]"));
        }

        var statistics = new ExitStatistics();
        statistics.RecordExit(ExitSite.Port(0x8001), guestTicks: 10_000, hostTicks: 300);
        statistics.RecordExit(VcpuExitReason.Hlt, guestTicks: 20_000, hostTicks: 100);
        statistics.RecordCall((int)CallNumber.Read, ticks: 2_000);
        return new ScenarioResult("sample", TimeSpan.FromSeconds(1.5), WasCancelled: false, vms, statistics)
        {
            StatisticsByName = new Dictionary<string, ExitStatistics> { ["quiet"] = new() },
        };
    }

    private static VmResult Vm(string id, VmOutcome outcome, int? exitCode, string? message) => new()
    {
        Id = id,
        Name = id.Split('-')[0],
        Outcome = outcome,
        ExitCode = exitCode,
        Message = message,
        StartDuration = TimeSpan.FromMicroseconds(1300),
        RunDuration = TimeSpan.FromMicroseconds(2500),
        Vcpus = [new VcpuResult(0, new Dictionary<VcpuExitReason, long> { [VcpuExitReason.Io] = 12, [VcpuExitReason.Hlt] = 1 })],
    };
}
