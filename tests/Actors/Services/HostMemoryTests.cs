using KvmActors.Actors.Services;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Actors.Tests.Services;

public sealed class HostMemoryTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly TempFolder _host = new();

    public HostMemoryTests() => _host.AddFile("proc/meminfo", "MemTotal:       24684000 kB\nMemFree:  1 kB\nMemAvailable:    1048576 kB\n");

    private HostMemory Memory => new(_host.Root);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void ReadAvailable_NoGroups_IsTheMachines() => Assert.Equal(1024 * MiB, Memory.ReadAvailable());

    [Fact]
    public void ReadAvailable_KernelThatDoesNotTell_IsNull()
    {
        _host.AddFile("proc/meminfo", "MemTotal:       24684000 kB\n");

        Assert.Null(Memory.ReadAvailable());
        Assert.Null(new HostMemory(_host["nowhere"]).ReadAvailable());
    }

    [Theory]
    [InlineData("a/b", 512)]
    [InlineData("a", 512)]
    [InlineData("", 512)]
    [InlineData("other", 1024)]
    public void ReadAvailable_Version2_TheTightestGroupAboveCounts(string limited, int expected)
    {
        _host.AddFile("proc/self/cgroup", "0::/a/b\n");
        AddVersion2("a/b", "max");
        AddVersion2("a", $"{2048 * MiB}");
        AddVersion2(limited, $"{612 * MiB}");

        Assert.Equal(expected * MiB, Memory.ReadAvailable());
    }

    [Theory]
    [InlineData("x/y", 300)]
    [InlineData("", 300)]
    [InlineData("other", 1024)]
    public void ReadAvailable_Version1_TheTightestGroupAboveCounts(string limited, int expected)
    {
        _host.AddFile("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x/y\n0::/\n");
        AddVersion1("x/y", "9223372036854771712");
        AddVersion1(limited, $"{400 * MiB}");

        Assert.Equal(expected * MiB, Memory.ReadAvailable());
    }

    [Fact]
    public void ReadAvailable_GroupOverItsLimit_IsNothing()
    {
        _host.AddFile("proc/self/cgroup", "0::/\n");
        AddVersion2("", "1000");

        Assert.Equal(0, Memory.ReadAvailable());
    }

    [Fact]
    public void ReadOwn_Process_IsItsAnonymousMemory()
    {
        _host.AddFile("proc/self/status", "Name:\tx\nVmRSS:\t  100 kB\nRssAnon:\t    2048 kB\nRssFile:\t 1 kB\n");

        Assert.Equal(2 * MiB, Memory.ReadOwn());
    }

    [Fact]
    public void Read_ThisMachine_IsSomething()
    {
        var memory = new HostMemory();

        Assert.InRange(memory.ReadAvailable() ?? 0, 1, long.MaxValue);
        Assert.InRange(memory.ReadOwn() ?? 0, MiB, long.MaxValue);
    }

    // 200 MiB are used, of which 100 can be dropped.
    private void AddVersion2(string group, string limit)
    {
        _host.AddFile($"sys/fs/cgroup/{group}/memory.max", limit + "\n");
        _host.AddFile($"sys/fs/cgroup/{group}/memory.current", $"{200 * MiB}\n");
        _host.AddFile($"sys/fs/cgroup/{group}/memory.stat", $"anon 1\nactive_file 5\ninactive_file {100 * MiB}\n");
    }

    private void AddVersion1(string group, string limit)
    {
        _host.AddFile($"sys/fs/cgroup/memory/{group}/memory.limit_in_bytes", limit + "\n");
        _host.AddFile($"sys/fs/cgroup/memory/{group}/memory.usage_in_bytes", $"{200 * MiB}\n");
        _host.AddFile($"sys/fs/cgroup/memory/{group}/memory.stat", $"inactive_file 7\ntotal_inactive_file {100 * MiB}\n");
    }
}
