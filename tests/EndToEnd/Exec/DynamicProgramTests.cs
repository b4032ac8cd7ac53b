using System.Diagnostics;
using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Programs that are linked dynamically: the machine's own, and ours, by its own loader. The same as on the host.</summary>
[Trait("Needs", "Libraries")]
public sealed class DynamicProgramTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    // Those that are here: python3 and awk are no part of every machine.
    public static TheoryData<string[]> ProgramsOfTheMachine()
    {
        string[][] all =
        [
            ["/bin/ls", "-d", "/", "/etc", "/usr/lib", "/no/such/file"],
            ["/bin/ls", "/"],
            ["/bin/cat", "/etc/os-release"],
            ["/bin/grep", "-n", "ID", "/etc/os-release"],
            ["/usr/bin/awk", "-F=", "{ print $2, NR, sqrt(NR) }", "/etc/os-release"],
            ["/usr/bin/sort", "-r", "/etc/os-release"],
            ["/bin/sed", "s/a/b/g", "/etc/os-release"],
            ["/bin/sh", "-c", "x=3; while [ $x -gt 0 ]; do echo $x; x=$((x-1)); done; exit 7"],
            ["/bin/bash", "-c", "echo hi"],
            ["/bin/ls", "-l", "/etc/os-release"],
            ["/usr/bin/python3", "-c", "print(1)"],
            ["/usr/bin/python3", "-c", "import json, re, sys, os, math; print(json.dumps({'a': [1, 2.5]}), os.listdir('/usr')[:0], math.sqrt(2), re.sub('a', 'b', 'banana'))"],
        ];
        var data = new TheoryData<string[]>();
        foreach (var words in all.Where(words => File.Exists(words[0])))
        {
            data.Add(words);
        }

        return data;
    }

    [DynamicTheory]
    [MemberData(nameof(ProgramsOfTheMachine))]
    public async Task Run_ProgramOfTheMachine_IsAsOnTheHost(string[] words)
    {
        var host = await Capture.OnHostAsync(words[0], words[1..]);
        var vm = await Capture.InVmAsync(["--root", "/", .. words]);

        Assert.Equal((Encoding.UTF8.GetString(host.Output), host.Error), (Encoding.UTF8.GetString(vm.Output), vm.Error));
        Assert.Equal(host.ExitCode, vm.ExitCode);
    }

    [DynamicTheory]
    [InlineData("placement")]
    [InlineData("placement-pie")]
    [InlineData("placement-dynamic")]
    [InlineData("placement-dynamic-fixed")]
    [InlineData("numbers-dynamic")]
    [InlineData("numbers-dynamic-fixed")]
    [InlineData("stdio_files-dynamic")]
    [InlineData("strings-dynamic-fixed")]
    public async Task Run_CompiledProgram_IsAsOnTheHost(string name)
    {
        var program = Path.Combine(programs.Folder, name);

        var host = await Capture.OnHostAsync(program, ["one", "two words"]);
        var vm = await Capture.InVmAsync(["--root", "/", program, "one", "two words"]);

        Assert.Equal((Encoding.UTF8.GetString(host.Output), host.Error), (Encoding.UTF8.GetString(vm.Output), vm.Error));
        Assert.Equal(host.ExitCode, vm.ExitCode);
    }

    [MuslFact]
    public async Task Run_ProgramOfMusl_IsAsOnTheHost()
    {
        using var folder = new TempFolder();
        using (var compiler = Process.Start("musl-gcc", ["-O2", "-w", Path.Combine(AppContext.BaseDirectory, "Programs", "numbers.c"), "-o", folder["numbers"]]))
        {
            await compiler.WaitForExitAsync();
            Assert.Equal(0, compiler.ExitCode);
        }

        var host = await Capture.OnHostAsync(folder["numbers"], []);
        var vm = await Capture.InVmAsync(["--root", "/", folder["numbers"]]);

        Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output), ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
    }

    [DynamicFact]
    public async Task Run_ByMapsAlone_IsAsOnTheHost()
    {
        var program = Path.Combine(programs.Folder, "numbers-dynamic");

        var host = await Capture.OnHostAsync(program, []);
        var vm = await Capture.InVmAsync(["--map", "/lib:/lib", "--map", "/lib64:/lib64", "--map", "/usr/lib:/usr/lib", program]);

        Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output), ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
    }

    // Its own layout each time; in software it is the seed's.
    [DynamicFact]
    public async Task Run_Twice_ThePlacesDiffer()
    {
        string[] words = ["--root", "/", "/bin/cat", "/proc/self/maps"];

        var first = await Capture.InVmAsync(["--seed", "1", .. words]);
        var second = await Capture.InVmAsync(["--seed", "2", .. words]);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        var (maps, others) = (Places(first), Places(second));
        Assert.NotEmpty(maps);
        Assert.Empty(maps.Intersect(others));

        static List<string> Places(Capture capture) => Encoding.UTF8.GetString(capture.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains(" r-xp ", StringComparison.Ordinal)).Select(line => line.Split('-')[0]).ToList();
    }

    [DynamicFact]
    public async Task Run_InTheRootOfTheHost_BeginsWhereWeAre()
    {
        var vm = await Capture.InVmAsync(["--root", "/", "/bin/pwd"]);

        Assert.Equal((0, Environment.CurrentDirectory + "\n", ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
    }

    [DynamicFact]
    public async Task Run_WithoutItsInterpreter_SaysWhatToDo()
    {
        using var host = await HostProcess.RunAsync("exec", "/bin/ls");

        Assert.Equal(126, host.ExitCode);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("/bin/ls: is linked dynamically, and its interpreter /lib64/ld-linux-x86-64.so.2 is not among what it sees: --root /", line, StringComparison.Ordinal);
    }

    [DynamicFact]
    public async Task Run_FolderAsRoot_IsAllItSees()
    {
        using var root = new TempFolder();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "guest", "user", "hello"), Path.Combine(root.AddFolder("bin"), "hello"));

        var vm = await Capture.InVmAsync(["--root", root.Root, "--env", "PATH=/bin", "hello"]);
        var missing = await Capture.InVmAsync(["--root", root.Root, "ls"]);

        Assert.Equal((0, "Hello from ring 3!\n", ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
        Assert.Equal(127, missing.ExitCode);
        Assert.Contains($"ls: not found in {root.Root}", missing.Error, StringComparison.Ordinal);
    }
}

/// <summary>A test on each backend that needs a machine with glibc's loader; skipped, and saying so, without.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DynamicTheoryAttribute : VmTheoryAttribute
{
    public DynamicTheoryAttribute() => Skip = DynamicFactAttribute.Reason;
}

/// <summary>The same.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DynamicFactAttribute : VmFactAttribute
{
    public DynamicFactAttribute() => Skip = Reason;

    public static string? Reason { get; } = File.Exists("/lib64/ld-linux-x86-64.so.2") ? null : "runs programs that are linked dynamically, and there is no /lib64/ld-linux-x86-64.so.2";
}

/// <summary>A test on each backend that needs musl's compiler, which is installed where that can be; skipped, and saying so, otherwise.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MuslFactAttribute : VmFactAttribute
{
    public MuslFactAttribute() => Skip = AptPackage.FindProblem("musl-gcc", "musl-tools");
}
