using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Programs that change what they see, and the host's files that stay.</summary>
public sealed class OverlayTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    [VmTheory]
    [InlineData("on")]
    [InlineData("off")]
    public async Task Exec_RootFolder_IsChangedForTheProgramAlone(string sandbox)
    {
        using var root = Prepare();
        using var plain = Prepare();
        File.Copy(programs.PathOf("overlay", isPie: false), Path.Combine(root.AddFolder("bin"), "overlay"));
        var before = Describe(root.Root);

        var host = await Capture.OnHostAsync(programs.PathOf("overlay", isPie: false), [plain["data"]]);
        var vm = await Capture.InVmAsync(["--sandbox", sandbox, "--root", root.Root, "/bin/overlay", "/data"]);
        var again = await Capture.InVmAsync(["--sandbox", sandbox, "--root", root.Root, "/bin/overlay", "/data"]);

        Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output), ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
        Assert.Equal(Encoding.UTF8.GetString(vm.Output), Encoding.UTF8.GetString(again.Output));
        Assert.Equal(before, Describe(root.Root));
    }

    [VmFact]
    public async Task Exec_MappedWithOverlay_IsChangedForTheProgramAlone()
    {
        using var folder = Prepare();
        using var plain = Prepare();
        var before = Describe(folder.Root);

        var host = await Capture.OnHostAsync(programs.PathOf("overlay", isPie: false), [plain["data"]]);
        var vm = await Capture.InVmAsync(["--map", $"{folder["data"]}:/data:overlay", programs.PathOf("overlay", isPie: false), "/data"]);

        Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output), ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
        Assert.Equal(before, Describe(folder.Root));
    }

    // Twice as many as slots, so that some begin where another one was, warm or cold.
    [VmFact]
    public async Task Run_InstancesOfOneDescription_DoNotSeeEachOthersChanges()
    {
        const int Instances = 6;
        using var folder = Prepare();
        var before = Describe(folder.Root);
        using var scenario = new ScenarioFile(
            $$"""
            {
              "Name": "vm", "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/bin/overlay", "/data" ], "Instances": {{Instances}},
              "Files": [ { "Guest": "/bin/overlay", "Host": "{{programs.PathOf("overlay", isPie: false)}}" }, { "Guest": "/data", "Host": "{{folder["data"]}}", "Access": "Overlay" } ]
            }
            """);

        using var output = new TempFolder();
        using var host = await HostProcess.RunAsync("--scenario", scenario.Path, "--Scenario:MaxConcurrency=3", "--output", $"files={output.Root}");
        var told = Directory.GetFiles(output.Root).Select(File.ReadAllText).ToList();

        Assert.Equal(0, host.ExitCode);
        Assert.Equal(Instances, told.Count);
        Assert.Contains("rename over 0", Assert.Single(told.Distinct(StringComparer.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(before, Describe(folder.Root));
    }

    [VmFact]
    public async Task Exec_KilledWhileItHasALayer_TheNextOneRemovesIt()
    {
        using var folder = Prepare();
        using var temporary = new TempFolder();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["TMPDIR"] = temporary.Root };
        string[] words = ["exec", "--map", $"{folder["data"]}:/data:overlay", programs.PathOf("sleeper", isPie: false), "60"];
        using (var killed = HostProcess.Start(environment, words))
        {
            while (Directory.GetDirectories(temporary.Root, ".kvmactors-layer-*").Length == 0)
            {
                Assert.False(killed.HasEnded);
                await Task.Delay(10);
            }

            killed.Signal("KILL");
            await killed.WaitAsync();
        }

        Assert.Single(Directory.GetDirectories(temporary.Root, ".kvmactors-layer-*"));
        using var next = await HostProcess.RunAsync(environment, [.. words[..^2], programs.PathOf("overlay", isPie: false), "/data"]);

        Assert.Equal(0, next.ExitCode);
        Assert.Empty(Directory.GetDirectories(temporary.Root, ".kvmactors-layer-*"));
    }

    private static TempFolder Prepare()
    {
        var folder = new TempFolder();
        folder.AddFile("data/file", "host");
        folder.AddFile("data/other", "other");
        folder.AddFile("data/removed", "removed");
        folder.AddFile("data/folder/inside", "inside");
        folder.AddFile("data/folder/kept", "kept");
        return folder;
    }

    private static string Describe(string root) => string.Join('\n', new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
        .OrderBy(item => item.FullName, StringComparer.Ordinal)
        .Select(item => $"{item.FullName} {item.UnixFileMode} {item.LastWriteTimeUtc:O} {(item is FileInfo file ? file.Length : 0)}"));
}
