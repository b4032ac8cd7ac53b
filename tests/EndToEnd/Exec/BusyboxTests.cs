using System.Text;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>A busybox that is linked statically, such as Debian's busybox-static; its applets in a VM answer as on the host.</summary>
public sealed class BusyboxTests
{
    private static readonly byte[] Lines = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 500).Select(number => $"{number * 7919 % 1000} line {number} of some text\n")));

    [BusyboxTheory]
    [Trait("Needs", "Speed")]
    [InlineData("echo", "hello", "world")]
    [InlineData("cat", "/etc/os-release")]
    [InlineData("sha256sum", "/etc/os-release")]
    [InlineData("md5sum", "/etc/os-release")]
    [InlineData("sort", "/etc/os-release")]
    [InlineData("wc", "/etc/os-release")]
    [InlineData("grep", "-n", "ID", "/etc/os-release")]
    [InlineData("sed", "s/Debian/Example/g", "/etc/os-release")]
    [InlineData("awk", "-F=", "{ print $2, NR, sqrt(NR) }", "/etc/os-release")]
    [InlineData("head", "-n", "2", "/etc/os-release")]
    [InlineData("tail", "-n", "2", "/etc/os-release")]
    [InlineData("od", "-c", "/etc/os-release")]
    [InlineData("stat", "-L", "-c", "%s %F", "/etc/os-release")]
    [InlineData("ls", "/etc/network-that-is-not-there")]
    [InlineData("seq", "1", "20")]
    [InlineData("expr", "6", "*", "7")]
    [InlineData("expr", "1", "=", "2")]
    [InlineData("date", "-u", "-d", "@86400")]
    [InlineData("env")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("cat", "/no/such/file")]
    [InlineData("sh", "-c", "x=3; while [ $x -gt 0 ]; do echo $x; x=$((x-1)); done; exit 7")]
    public async Task Run_Applet_IsAsOnTheHost(params string[] words)
    {
        var host = await Capture.OnHostAsync(BusyboxTheoryAttribute.Path!, words);
        var vm = await Capture.InVmAsync(["--map", "/etc:/etc", "--map", "/usr:/usr", BusyboxTheoryAttribute.Path!, .. words]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal((host.ExitCode, host.Error), (vm.ExitCode, vm.Error));
    }

    [BusyboxTheory]
    [InlineData("sort", "-n")]
    [InlineData("sha256sum")]
    [InlineData("gzip", "-c", "-n")]
    [InlineData("tail", "-n", "3")]
    [InlineData("dd", "bs=1000", "count=3", "status=none")]
    [InlineData("awk", "{ sum += $1 } END { print sum, NR }")]
    public async Task Run_AppletWithInput_IsAsOnTheHost(params string[] words)
    {
        var host = await Capture.OnHostAsync(BusyboxTheoryAttribute.Path!, words, Lines);
        var vm = await Capture.InVmAsync([BusyboxTheoryAttribute.Path!, .. words], Lines);

        Assert.Equal(host.Output, vm.Output);
        Assert.Equal((host.ExitCode, host.Error), (vm.ExitCode, vm.Error));
    }

    [BusyboxTheory]
    [InlineData("find", "/data")]
    [InlineData("ls", "-1", "/data")]
    [InlineData("tar", "-cf", "-", "-C", "/data", "tree")]
    public async Task Run_AppletThatWalks_SeesTheMappedFolder(params string[] words)
    {
        var folder = Directory.CreateTempSubdirectory("kvmactors-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "tree"));
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "tree", "lines"), Lines);

            var vm = await Capture.InVmAsync(["--map", $"{folder.FullName}:/data", BusyboxTheoryAttribute.Path!, .. words]);

            Assert.Equal((0, ""), (vm.ExitCode, vm.Error));
            Assert.Contains("tree", Encoding.Latin1.GetString(vm.Output), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [BusyboxTheory]
    [InlineData("rw", 0)]
    [InlineData("ro", 1)]
    public async Task Run_WriteToMapping_WorksOnlyWhereItMay(string access, int exitCode)
    {
        var folder = Directory.CreateTempSubdirectory("kvmactors-");
        try
        {
            var map = $"{folder.FullName}:/data" + (access == "rw" ? ":rw" : "");
            var vm = await Capture.InVmAsync(["--map", map, BusyboxTheoryAttribute.Path!, "sh", "-c", "echo written > /data/file"]);

            Assert.Equal(exitCode, vm.ExitCode);
            Assert.Equal(exitCode == 0, File.Exists(Path.Combine(folder.FullName, "file")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [BusyboxTheory]
    [InlineData("sh", "-c", "echo a | cat")]
    public async Task Run_PipelineInShell_IsRefusedCleanly(params string[] words)
    {
        var vm = await Capture.InVmAsync([BusyboxTheoryAttribute.Path!, .. words]);

        Assert.NotEqual(0, vm.ExitCode);
        Assert.Contains("fork", vm.Error, StringComparison.Ordinal);
    }
}

/// <summary>A test on each backend that needs a busybox that is linked statically; skipped, and saying so, without.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BusyboxTheoryAttribute : VmTheoryAttribute
{
    public BusyboxTheoryAttribute() => Skip =
        Path is null ? "compares a static busybox in a VM with the same on the host, and none is on PATH: apt-get install busybox-static" : null;

    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => System.IO.Path.Combine(folder, "busybox"))
        .FirstOrDefault(path => File.Exists(path) && IsStatic(path));

    // A dynamic one names its loader in its first page. Debian has both kinds, under the same name.
    private static bool IsStatic(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4096];
        return start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)].IndexOf("/ld-linux"u8) < 0;
    }
}
