using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Statistics;

public class ExitStatisticsTests
{
    private const int AnyCall = 7;

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
    public void RecordCall_EveryNumber_HasARowOfItsOwn()
    {
        var statistics = new ExitStatistics();
        foreach (var number in Enumerable.Range(0, 640))
        {
            statistics.RecordCall(number, Millisecond);
        }

        Assert.Equal(Enumerable.Range(0, 640), statistics.Calls.Select(row => row.Number));
        Assert.All(statistics.Calls, row => Assert.Equal(1, row.Durations.Count));
    }

    [Fact]
    public void RecordMissing_MoreStrangeNumbersThanAreToldApart_ShareARowAndNoneIsLost()
    {
        var statistics = new ExitStatistics();
        foreach (var number in Enumerable.Range(100_000, 2000))
        {
            statistics.RecordMissing(number);
        }

        statistics.RecordMissing(639);

        Assert.Equal(1, statistics.MissingCalls[639]);
        Assert.InRange(statistics.MissingCalls.Count, 100, 600);
        Assert.Equal(2001, statistics.MissingCalls.Values.Sum());
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
        second.RecordCall(AnyCall, 1);

        first.Add(second);

        Assert.Equal(
            [(VcpuExitReason.Io, 2L, 2L), (VcpuExitReason.Mmio, 1L, 1L)],
            first.Exits.Select(row => (row.Reason, row.Durations.Guest.Count, row.Durations.Host.Count)));
        Assert.Equal([(AnyCall, 1L)], first.Calls.Select(row => (row.Number, row.Durations.Count)));
        Assert.Equal(1, second.Exits.First().Durations.Host.Count);
    }

    [Fact]
    public void RecordExit_KindSeenBefore_AllocatesNothing()
    {
        var spares = new HistogramRows(100);
        spares.Refill();
        var statistics = new ExitStatistics(spares);
        statistics.RecordExit(VcpuExitReason.Io, 1, 1);
        statistics.RecordExit(ExitSite.Port(1), 1, 1);
        statistics.RecordCall(AnyCall, 1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 1000; index++)
        {
            statistics.RecordExit(VcpuExitReason.Io, index, index);
            statistics.RecordExit(ExitSite.Port(1), index, index);
            statistics.RecordCall(AnyCall, index);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void RecordExit_PortsAndDevices_HaveRowsOfTheirOwnInOrder()
    {
        var statistics = new ExitStatistics();
        var bank = new ExitSite(ExitSiteKind.Device, 0x3F8, "RegisterBank");
        statistics.RecordExit(bank, 1, Millisecond);
        statistics.RecordExit(ExitSite.Port(0x3F8), 1, 1);
        statistics.RecordExit(ExitSite.Port(0xE9), 1, 1);
        statistics.RecordExit(bank, 1, 1);

        Assert.Equal(
            [("port 0xe9", 1L), ("port 0x3f8", 1L), ("RegisterBank 0x3f8", 2L)],
            statistics.Sites.Select(row => (row.Site.ToString(), row.Durations.Host.Count)));
        Assert.InRange(statistics.Sites.Last().Durations.Host.Percentile(1), 0.99e6, 1.01e6);
    }

    [Fact]
    public void RecordExit_AllPorts_KeepsABoundAndCountsTheRestTogether()
    {
        var statistics = new ExitStatistics();
        for (var round = 0; round < 2; round++)
        {
            for (var port = 0; port <= ushort.MaxValue; port++)
            {
                statistics.RecordExit(ExitSite.Port((ushort)port), 1, 1);
            }
        }

        var rows = statistics.Sites.ToList();
        Assert.Equal(65, rows.Count);
        Assert.Equal("other ports", rows[^1].Site.ToString());
        Assert.All(rows[..^1], row => Assert.Equal(2, row.Durations.Host.Count));
        Assert.Equal(2 * 65_536, rows.Sum(row => row.Durations.Host.Count));
    }

    [Fact]
    public void Add_VcpusWithManySites_KeepsTheBoundToo()
    {
        var sum = new ExitStatistics();
        for (var vcpu = 0; vcpu < 10; vcpu++)
        {
            var one = new ExitStatistics();
            for (var port = 0; port < 100; port++)
            {
                one.RecordExit(ExitSite.Port((ushort)((100 * vcpu) + port)), 1, 1);
            }

            sum.Add(one);
        }

        Assert.Equal(65, sum.Sites.Count());
        Assert.Equal(1000, sum.Sites.Sum(row => row.Durations.Guest.Count));
    }

    [Fact]
    public void RecordExit_AFewExitsOfTwoKinds_TakesLessThan16KiB()
    {
        // The first of its type takes more: statics, code.
        _ = FewExits();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var statistics = FewExits();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 16 * 1024);
        Assert.Equal(2, statistics.Exits.Count());

        static ExitStatistics FewExits()
        {
            var statistics = new ExitStatistics();
            for (var exit = 0; exit < 10; exit++)
            {
                if (exit == 9)
                {
                    statistics.RecordExit(VcpuExitReason.Hlt, 9_000, 900);
                    continue;
                }

                statistics.RecordExit(ExitSite.Port(0x8001), 5_000 + (exit * 400), 900 + (exit * 100));
                statistics.RecordCall(AnyCall, 500 + (exit * 60));
            }

            return statistics;
        }
    }

    [Fact]
    public async Task Snapshot_WhileTheVcpuRuns_HasEveryKindThatOccurred()
    {
        var statistics = new ExitStatistics();
        using var done = new CancellationTokenSource();
        using var started = new SemaphoreSlim(0);
        var writer = Task.Run(() =>
        {
            for (var exit = 0L; !done.IsCancellationRequested; exit++)
            {
                statistics.RecordExit(ExitSite.Port((ushort)(exit % 100)), exit, exit);
                statistics.RecordCall((int)(exit % 300), exit);
                if (exit == 300)
                {
                    started.Release();
                }
            }
        });
        await started.WaitAsync();

        for (var round = 0; round < 50; round++)
        {
            var copy = statistics.Snapshot();
            Assert.Equal((1, 65, 300), (copy.Exits.Count(), copy.Sites.Count(), copy.Calls.Count()));
            Assert.All(copy.Sites, row => Assert.InRange(row.Durations.Host.Count, 1, long.MaxValue));
        }

        await done.CancelAsync();
        await writer;
    }
}
