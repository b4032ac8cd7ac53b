using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Doctor;
using KvmActors.Host.Running;
using KvmActors.Interop.Kvm;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests;

/// <summary>Results made by hand.</summary>
internal static class SampleResults
{
    /// <summary>What those of <see cref="Scenario"/> were runs of.</summary>
    public static RunFacts Facts { get; } = new()
    {
        Version = "1.2.3",
        Started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Machine = new MachineFacts
        {
            Kernel = "Linux 6.1",
            Processor = "A processor",
            Processors = 4,
            HardwareVirtualization = "svm",
            KvmModule = "kvm_amd",
            MemoryBytes = 4L << 30,
            AvailableMemoryBytes = 1L << 30,
            OpenFilesLimit = 1024,
        },
        Device = "/dev/kvm",
        Scenario = new ScenarioSpec("sample", 2, [Spec("good", 2), Spec("bad", 1)]),
    };

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

    private static VmSpec Spec(string name, int instances) => new()
    {
        Name = name,
        Instances = instances,
        Timeout = TimeSpan.FromSeconds(10),
        Start = VmStart.Cold,
        Backend = Backend.Kvm,
        Files = [new FileMapping("/data", "/srv/data", MappingAccess.ReadWrite)],
        Plan = BootPlans.For(new MachineSpec
        {
            Name = name,
            Boot = BootProtocol.Long64,
            Image = FlatImage.Parse(new byte[] { 0xF4 }, default, 0),
            MemoryBytes = 4 << 20,
            Devices = [new SerialDeviceSpec(0x3F8), new DoorbellSpec(0x20, 4), new RegisterBankSpec(0xD000_0000, 0x1000, [])],
        }),
    };

    private static VmResult Vm(string id, VmOutcome outcome, int? exitCode, string? message) => new()
    {
        Id = id,
        Name = id.Split('-')[0],
        Backend = Backend.Kvm,
        Outcome = outcome,
        ExitCode = exitCode,
        Message = message,
        StartDuration = TimeSpan.FromMicroseconds(1300),
        RunDuration = TimeSpan.FromMicroseconds(2500),
        Vcpus = [new VcpuResult(0, new Dictionary<VcpuExitReason, long> { [VcpuExitReason.Io] = 12, [VcpuExitReason.Hlt] = 1 })],
    };
}
