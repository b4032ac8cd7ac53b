using System.Diagnostics;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Inspection;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests.Report;

/// <summary>Results made by hand, as large as wanted and always the same.</summary>
internal static class SampleReport
{
    /// <summary>Text as a guest would choose it that wants to take over the page it is shown on.</summary>
    public const string Hostile = "</pre></title></svg><script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>\u202e\u0007&amp;\"'";

    private const long Microsecond = 1000;

    /// <summary>A scenario of many short VMs.</summary>
    /// <param name="vms">How many.</param>
    /// <param name="concurrency">How many at once.</param>
    /// <param name="failEvery">Every so manieth crashes; 0 for none.</param>
    /// <param name="message">What is said of those.</param>
    public static ScenarioResult Create(int vms, int concurrency, int failEvery = 0, string message = "unclaimed port 0x99")
    {
        var random = new Random(1);
        var statistics = new ExitStatistics();
        var recording = new ScenarioRecording(new RecordingOptions(TimelineExits: 64), 0);
        var free = new long[concurrency];
        var results = new List<VmResult>();
        for (var index = 0; index < vms; index++)
        {
            var fails = failEvery > 0 && index % failEvery == failEvery - 1;
            var asked = free[index % concurrency];
            var entered = asked + (random.NextInt64(2000, 9000) * Microsecond);
            var exits = Exits(random, entered);
            var left = exits[^1].Handled;
            free[index % concurrency] = left + (100 * Microsecond);
            var vm = Vm($"ship-{index}", fails, message, asked, entered, left);
            results.Add(vm);
            var latencies = new LatencyOverTime(0);
            foreach (var exit in exits)
            {
                if (exit.Reason == VcpuExitReason.Io)
                {
                    statistics.RecordExit(ExitSite.Port((ushort)exit.Location), exit.GuestTicks, exit.HostTicks);
                }
                else
                {
                    statistics.RecordExit(exit.Reason, exit.GuestTicks, exit.HostTicks);
                }

                latencies.Record(exit.Exited, exit.HostTicks);
            }

            statistics.RecordCall((int)CallNumber.Read, exits[0].HostTicks);
            var slowest = exits.OrderByDescending(exit => exit.HostTicks).Select(exit => new SlowExit(exit, fails ? message : null)).ToList();
            recording.Add(vm, new VmRecording(
                [new VcpuRecording(0, entered, left, latencies) { Slowest = slowest, Timeline = exits, Dropped = index % 2 }],
                [new RecordedOperation((int)CallNumber.Read, entered + 10, entered + 20, 5)],
                0));
        }

        var wall = Stopwatch.GetElapsedTime(0, free.Max());
        return new ScenarioResult("sample", wall, WasCancelled: false, results, statistics) { Recording = recording };
    }

    private static List<RecordedExit> Exits(Random random, long entered)
    {
        var exits = new List<RecordedExit>();
        for (var exit = 0; exit < 12; exit++)
        {
            var exited = entered + (random.NextInt64(20, 2000) * Microsecond);
            var handled = exited + (long)(Math.Pow(10, random.NextDouble() * 4) * Microsecond);
            var call = new RecordedCall((int)CallNumber.Open, exited + 10, handled - 10, exit % 3 == 0 ? -2 : 3)
            {
                First = 1,
                Third = 2,
                WasQueued = exit == 4,
                Waited = exit == 5,
            };
            exits.Add(new RecordedExit(exit == 11 ? VcpuExitReason.Hlt : VcpuExitReason.Io, entered, exited, handled, 0x8000)
            {
                HasCall = exit % 2 == 0,
                Call = call,
            });
            entered = handled;
        }

        return exits;
    }

    private static VmResult Vm(string id, bool fails, string message, long asked, long entered, long left) => new()
    {
        Id = id,
        Name = "ship",
        Outcome = fails ? VmOutcome.Crashed : VmOutcome.Halted,
        Message = fails ? message : null,
        StartDuration = Stopwatch.GetElapsedTime(asked, entered),
        RunDuration = Stopwatch.GetElapsedTime(entered, left),
        Times = new VmTimes(Stopwatch.GetElapsedTime(0, asked), Stopwatch.GetElapsedTime(0, entered), Stopwatch.GetElapsedTime(0, left)),
        Vcpus = [new VcpuResult(0, new Dictionary<VcpuExitReason, long> { [VcpuExitReason.Io] = 11, [VcpuExitReason.Hlt] = 1 })],
        Crash = fails ? Crash(message) : null,
    };

    private static CrashReport Crash(string message) => new()
    {
        VcpuIndex = 0,
        Exit = message,
        Registers = new kvm_regs { rip = 0x1000, rax = 0x42 },
        SpecialRegisters = default,
        CodeBits = 16,
        LinearRip = 0x1000,
        CodeStart = 0x1000,
        Code = [0xE6, 0x99],
        Stack = [1, 2, 3, 4, 5, 6, 7, 8],
        RipWalk = new PageWalkTrace(0x1000, [], 0x1000),
        Cr2Walk = new PageWalkTrace(0, [], null),
    };
}
