using KvmActors.Actors.Services;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Actors.Tests.Services;

public sealed class HostThreadsTests : IDisposable
{
    private const string Root = "Uid:\t0\t0\t0\t0\nThreads:\t10\nCapEff:\t000001ffffffffff\n";
    private const string User = "Uid:\t1000\t1000\t1000\t1000\nThreads:\t10\nCapEff:\t0000000000000000\n";
    private const string Privileged = "Uid:\t1000\t1000\t1000\t1000\nThreads:\t10\nCapEff:\t0000000001000000\n";

    private readonly TempFolder _host = new();

    public HostThreadsTests()
    {
        _host.AddFile("proc/loadavg", "0.20 0.18 0.12 1/300 11206\n");
        _host.AddFile("proc/sys/kernel/threads-max", "1000\n");
        _host.AddFile("proc/self/status", Root);
        _host.AddFile("proc/self/limits", "Limit   Soft Limit  Hard Limit  Units\nMax processes             400        500        processes\n");
    }

    private HostThreads Threads => new(_host.Root);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void ReadLeft_Root_IsTheMachines() => Assert.Equal(700, Threads.ReadLeft(1));

    // 300 there are on the machine, of which the user has 10 + 20.
    [Theory]
    [InlineData(User, 100, 100)]
    [InlineData(User, 101, 370)]
    [InlineData(Privileged, 101, 700)]
    public void ReadLeft_User_IsWhatItsLimitLeaves(string status, int enough, int expected)
    {
        _host.AddFile("proc/self/status", status);
        _host.AddFile("proc/11/status", status);
        _host.AddFile("proc/12/status", "Name:\tother\nUid:\t1000\t1\t1\t1\nThreads:\t20\n");
        _host.AddFile("proc/13/status", "Uid:\t1001\t1000\t1000\t1000\nThreads:\t200\n");

        Assert.Equal(expected, Threads.ReadLeft(enough));
    }

    [Fact]
    public void ReadLeft_UserWithoutALimit_IsTheMachines()
    {
        _host.AddFile("proc/self/status", User);
        _host.AddFile("proc/self/limits", "Max processes             unlimited    unlimited   processes\n");

        Assert.Equal(700, Threads.ReadLeft(1));
    }

    [Theory]
    [InlineData("0::/a/b\n", "sys/fs/cgroup/a")]
    [InlineData("8:pids:/a\n0::/\n", "sys/fs/cgroup/pids/a")]
    public void ReadLeft_Groups_TheTightestCounts(string groups, string limited)
    {
        _host.AddFile("proc/self/cgroup", groups);
        _host.AddFile($"{limited}/pids.max", "64\n");
        _host.AddFile($"{limited}/pids.current", "60\n");

        Assert.Equal(4, Threads.ReadLeft(1));

        _host.AddFile($"{limited}/pids.max", "max\n");
        Assert.Equal(700, Threads.ReadLeft(1));
    }

    [Fact]
    public void ReadLeft_KernelThatDoesNotTell_IsNull() => Assert.Null(new HostThreads(_host["nowhere"]).ReadLeft(1));

    [Fact]
    public void ReadOwn_ThisProcess_IsSome() => Assert.InRange(new HostThreads().ReadOwn() ?? 0, 2, 100_000);
}
