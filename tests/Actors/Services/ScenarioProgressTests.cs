using KvmActors.Actors.Services;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Tests.Services;

public sealed class ScenarioProgressTests
{
    [Fact]
    public void Read_VmsComeAndGo_CountsThem()
    {
        var progress = new ScenarioProgress();
        progress.Begin(10);
        for (var vm = 0; vm < 5; vm++)
        {
            progress.VmStarted();
        }

        progress.VmEnded(success: true);
        progress.VmEnded(success: true);
        progress.VmEnded(success: false);

        var now = progress.Read();
        Assert.Equal((5, 2, 2, 1), (now.Waiting, now.Running, now.Succeeded, now.Failed));

        progress.DropWaiting();
        Assert.Equal(0, progress.Read().Waiting);
    }

    [Fact]
    public void Read_VcpusRunAndEnd_CountsEveryExitOnce()
    {
        var progress = new ScenarioProgress();
        var (one, other) = (new ExitStatistics(), new ExitStatistics());
        progress.Register(one);
        progress.Register(other);
        one.RecordExit(VcpuExitReason.Io, 1, 1);
        other.RecordExit(VcpuExitReason.Hlt, 1, 1);
        Assert.Equal(2, progress.Read().Exits);

        progress.Unregister(one);
        progress.Unregister(one);

        Assert.Equal(2, progress.Read().Exits);
        other.RecordExit(VcpuExitReason.Io, 1, 1_000_000_000);
        Assert.Equal(3, progress.Read().Exits);
        Assert.Equal(one.Exits.Single().Durations.Host.Percentile(0.5), progress.Read().Latency.Percentile(0.5));
    }
}
