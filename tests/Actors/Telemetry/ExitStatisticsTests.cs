using System.Diagnostics;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Telemetry;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Tests.Telemetry;

public class ExitStatisticsTests
{
    private static readonly long Millisecond = Stopwatch.Frequency / 1000;

    [Fact]
    public void RecordExit_Ticks_AreCountedByReasonInNanoseconds()
    {
        var statistics = new ExitStatistics();
        statistics.RecordExit(VcpuExitReason.Io, guestTicks: 2 * Millisecond, hostTicks: Millisecond);
        statistics.RecordExit(VcpuExitReason.Io, guestTicks: 2 * Millisecond, hostTicks: Millisecond);
        statistics.RecordExit(VcpuExitReason.Hlt, guestTicks: Millisecond, hostTicks: 0);

        var rows = statistics.Exits.ToDictionary(row => row.Reason, row => row.Durations);
        Assert.Equal([VcpuExitReason.Io, VcpuExitReason.Hlt], rows.Keys.Order());
        Assert.Equal((2L, 2L, 1L), (rows[VcpuExitReason.Io].Guest.Count, rows[VcpuExitReason.Io].Host.Count, rows[VcpuExitReason.Hlt].Host.Count));
        Assert.InRange(rows[VcpuExitReason.Io].Guest.Percentile(1), 1.98e6, 2.02e6);
        Assert.InRange(rows[VcpuExitReason.Io].Host.Percentile(1), 0.99e6, 1.01e6);
    }

    [Fact]
    public void RecordHypercall_EveryId_HasARowOfItsOwn()
    {
        var statistics = new ExitStatistics();
        foreach (var id in Enum.GetValues<HypercallId>())
        {
            statistics.RecordHypercall(id, Millisecond);
        }

        Assert.Equal(Enum.GetValues<HypercallId>(), statistics.Hypercalls.Select(row => row.Id));
        Assert.All(statistics.Hypercalls, row => Assert.Equal(1, row.Durations.Count));
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void RecordExit_ReasonPastTheTable_IsStillCounted(int reason)
    {
        var statistics = new ExitStatistics();

        statistics.RecordExit((VcpuExitReason)reason, 1, 1);

        Assert.Equal(1, Assert.Single(statistics.Exits).Durations.Host.Count);
    }

    [Fact]
    public void Add_AnotherVcpus_SumsEveryRow()
    {
        var (first, second) = (new ExitStatistics(), new ExitStatistics());
        first.RecordExit(VcpuExitReason.Io, 1, 1);
        second.RecordExit(VcpuExitReason.Io, 1, 1);
        second.RecordExit(VcpuExitReason.Mmio, 1, 1);
        second.RecordHypercall(HypercallId.Read, 1);

        first.Add(second);

        Assert.Equal(
            [(VcpuExitReason.Io, 2L, 2L), (VcpuExitReason.Mmio, 1L, 1L)],
            first.Exits.Select(row => (row.Reason, row.Durations.Guest.Count, row.Durations.Host.Count)));
        Assert.Equal([(HypercallId.Read, 1L)], first.Hypercalls.Select(row => (row.Id, row.Durations.Count)));
        Assert.Equal(1, second.Exits.First().Durations.Host.Count);
    }

    [Fact]
    public void RecordExit_KindSeenBefore_AllocatesNothing()
    {
        var statistics = new ExitStatistics();
        statistics.RecordExit(VcpuExitReason.Io, 1, 1);
        statistics.RecordHypercall(HypercallId.Read, 1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 1000; index++)
        {
            statistics.RecordExit(VcpuExitReason.Io, index, index);
            statistics.RecordHypercall(HypercallId.Read, index);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
