using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Ordinary C programs, run on the host and in a VM: the same bytes and the same exit status.</summary>
public sealed class LinuxProgramTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    public static TheoryData<string, bool> Programs()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in (string[])["areas", "cheap_calls", "clocks", "malloc_patterns", "mappings", "numbers", "recursion", "sorting", "stdio_files", "strings"])
        {
            data.Add(name, false);
            data.Add(name, true);
        }

        return data;
    }

    [VmTheory]
    [MemberData(nameof(Programs))]
    public async Task Run_InVm_IsAsOnTheHost(string name, bool isPie)
    {
        var program = programs.PathOf(name, isPie);

        var host = await Capture.OnHostAsync(program, []);
        var vm = await Capture.InVmAsync([program]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal((host.ExitCode, host.Error), (vm.ExitCode, vm.Error));
    }

    [VmTheory]
    [InlineData("1", "300")]
    [InlineData("7", "300")]
    public async Task Run_RandomMappings_KeepTheirContents(string seed, string steps)
    {
        var vm = await Capture.InVmAsync([programs.PathOf("memory_churn", isPie: false), seed, steps]);
        var host = await Capture.OnHostAsync(programs.PathOf("memory_churn", isPie: false), [seed, steps]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal((host.ExitCode, host.Error), (vm.ExitCode, vm.Error));
    }

    [VmFact]
    public async Task Run_SignalHandlers_AreCalledAsOnTheHost()
    {
        var program = programs.PathOf("handlers", isPie: false);

        var host = await Capture.OnHostAsync(program, []);
        var vm = await Capture.InVmAsync([program]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal(host.ExitCode, vm.ExitCode);
    }

    [VmTheory]
    [InlineData("abort")]
    [InlineData("null")]
    [InlineData("read-only")]
    [InlineData("nx")]
    [InlineData("ud")]
    [InlineData("div")]
    [InlineData("privileged")]
    [InlineData("stack")]
    public Task Run_ProgramThatDies_EndsAsOnTheHost(string how) => DieAsync(how);

    [VmTheory]
    [Trait("Needs", "Speed")]
    [InlineData("raise", "15")]
    [InlineData("kill", "9")]
    [InlineData("ignored")]
    [InlineData("blocked")]
    [InlineData("none")]
    [InlineData("unmapped")]
    [InlineData("constant")]
    public Task Run_ProgramThatDiesInAnotherWay_EndsAsOnTheHost(params string[] how) => DieAsync(how);

    [VmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_FolderThatIsWalkedAndChanged_IsAsOnTheHost(bool isPie)
    {
        using var native = new TempFolder();
        using var mapped = new TempFolder();

        await RunInFoldersAsync(programs.PathOf("walk", isPie), native, mapped);

        Assert.Empty(Directory.EnumerateFileSystemEntries(mapped.Root));
    }

    [VmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_FilesThatAreMappedShared_AreAsOnTheHost(bool isPie)
    {
        using var native = new TempFolder();
        using var mapped = new TempFolder();

        await RunInFoldersAsync(programs.PathOf("shared", isPie), native, mapped);

        // What was still to be written when it ended is there.
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            Assert.Equal(await File.ReadAllBytesAsync(native[name]), await File.ReadAllBytesAsync(mapped[name]));
        }
    }

    [VmFact]
    public async Task Run_Surroundings_AreAsOnTheHost()
    {
        var program = programs.PathOf("surroundings", isPie: false);
        var environment = new Dictionary<string, string> { ["ONE"] = "1", ["TWO"] = "two words" };

        var host = await Capture.OnHostAsync(program, ["a", "", "b c"], environment: environment);
        var vm = await Capture.InVmAsync(["--env", "ONE=1", "--env", "TWO=two words", program, "a", "", "b c"]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal((3, ""), (vm.ExitCode, vm.Error));
    }

    [VmFact]
    public async Task Run_MoreMemoryThanThereIs_IsToldAndSurvived()
    {
        var vm = await Capture.InVmAsync(["--memory", "64", programs.PathOf("out_of_memory", isPie: false)]);

        Assert.Equal((0, ""), (vm.ExitCode, vm.Error));
    }

    private async Task DieAsync(params string[] how)
    {
        var host = await Capture.OnHostAsync(programs.PathOf("dies", isPie: false), how);
        var vm = await Capture.InVmAsync([programs.PathOf("dies", isPie: false), .. how]);

        Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output)), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output)));

        // Why it died is said in one line, which the host's shell would have said in its own words.
        Assert.Equal(host.ExitCode > 128 ? 1 : 0, vm.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    // The program works in the folder that its argument names.
    private static async Task RunInFoldersAsync(string program, TempFolder native, TempFolder mapped)
    {
        var host = await Capture.OnHostAsync(program, [native.Root]);
        var vm = await Capture.InVmAsync(["--map", $"{mapped.Root}:/work:rw", program, "/work"]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal((host.ExitCode, host.Error), (vm.ExitCode, vm.Error));
    }
}
