using KvmActors.Actors.Services;
using KvmActors.Host.Progress;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests.Progress;

public sealed class ProgressTextTests
{
    [Fact]
    public void Format_NothingHasRun_IsWithoutALatency() => Assert.Equal(
        "0.3 s: 100 waiting, 0 running, 0 done, 0 failed, 0 exits/s",
        ProgressText.Format(new ProgressSnapshot(100, 0, 0, 0, 0, new LatencyHistogram()), TimeSpan.FromSeconds(0.3), 0));

    [Fact]
    public void Format_Running_HasEverything()
    {
        var latency = new LatencyHistogram();
        latency.Record(1000);

        Assert.StartsWith(
            "72.0 s: 1 waiting, 2 running, 3 done, 4 failed, 1,234,567 exits/s, host p99 1.0",
            ProgressText.Format(new ProgressSnapshot(1, 2, 3, 4, 1, latency), TimeSpan.FromSeconds(72), 1_234_567.8),
            StringComparison.Ordinal);
    }
}
