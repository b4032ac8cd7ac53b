using KvmActors.Actors.Telemetry;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Tests.Telemetry;

public sealed class LiveVcpusTests
{
    private readonly ExitStatistics _sum = new();
    private readonly List<string> _names = [];
    private readonly LiveVcpus _live;

    public LiveVcpusTests() => _live = new LiveVcpus((name, part) =>
    {
        lock (_names)
        {
            _names.Add(name);
            _sum.Add(part);
        }
    });

    [Fact]
    public void HandOn_BetweenExits_HandsOnEachPartOnce()
    {
        var statistics = new ExitStatistics();
        _live.Add("vm", statistics);

        _live.HandOn();
        Assert.Empty(_names);

        statistics.RecordExit(ExitSite.Port(0x8001), 100, 200);
        statistics.RecordCall(3, 50);
        _live.HandOn();
        _live.HandOn();
        Assert.Equal(["vm"], _names);
        Assert.Equal((1, 1), (_sum.ExitCount, _sum.CallCount));

        statistics.RecordExit(VcpuExitReason.Hlt, 1, 1);
        _live.Remove(statistics);
        _live.Remove(statistics);
        _live.HandOn();
        Assert.Equal(["vm", "vm"], _names);
        Assert.Equal((2, 1), (_sum.ExitCount, _sum.CallCount));
    }

    /// <summary>However reading and writing fall together, the parts add up to exactly what was written, bucket by bucket.</summary>
    [Fact]
    public void HandOn_WhileItIsWritten_PartsAddUpToTheWhole()
    {
        const int Exits = 200_000;
        var statistics = new ExitStatistics(HistogramRows.Shared);
        _live.Add("vm", statistics);
        using var started = new ManualResetEventSlim();
        var writer = new Thread(() =>
        {
            started.Set();
            for (var index = 0; index < Exits; index++)
            {
                statistics.RecordExit(ExitSite.Port((ushort)(index % 50)), index % 9000, index % 70_000);
                statistics.RecordExit(VcpuExitReason.Hlt, 5, index);
                statistics.RecordCall(index % 300, index);
                if (index % 100 == 0)
                {
                    statistics.RecordGcOverlap();
                }
            }
        });
        writer.Start();
        started.Wait();
        while (writer.IsAlive)
        {
            _live.HandOn();
        }

        writer.Join();
        _live.Remove(statistics);

        Assert.Equal((2L * Exits, Exits, statistics.GcOverlaps), (_sum.ExitCount, _sum.CallCount, _sum.GcOverlaps));
        foreach (var (ours, theirs) in _sum.Exits.Zip(statistics.Exits))
        {
            Assert.Equal(theirs.Reason, ours.Reason);
            Assert.Equal(theirs.Durations.Host.Buckets(), ours.Durations.Host.Buckets());
            Assert.Equal(theirs.Durations.Guest.Buckets(), ours.Durations.Guest.Buckets());
        }

        Assert.Equal(statistics.Calls.Select(row => (row.Number, row.Durations.Count)), _sum.Calls.Select(row => (row.Number, row.Durations.Count)));
    }
}
