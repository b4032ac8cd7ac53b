using System.CommandLine;
using System.CommandLine.Help;
using KvmActors.Host.CommandLine;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What people get to see of wrong words on the command line.</summary>
[Trait("Needs", "Speed")]
public sealed class CommandLineTests
{
    // No number, no word that any option knows, no mapping and no variable; nothing can be written there, and nothing is there.
    private const string Garbage = "/proc/no/such/garbage";

    /// <summary>Each option of each command: those words that may come before it, its name, whether it takes a value.</summary>
    public static TheoryData<string, string, bool> Options
    {
        get
        {
            var all = new TheoryData<string, string, bool>();
            var root = CommandLineParser.Create();
            foreach (var command in root.Subcommands.Append<Command>(root))
            {
                foreach (var option in command.Options.Where(option => option is not (HelpOption or VersionOption)))
                {
                    var takesValue = option.ValueType != typeof(bool);
                    var name = takesValue && option.Arity.MinimumNumberOfValues == 0 ? $"{option.Name}=" : option.Name;
                    all.Add(command is RootCommand ? "" : command.Name, name, takesValue);
                }
            }

            return all;
        }
    }

    [VmTheory]
    [MemberData(nameof(Options))]
    public async Task Run_GarbageForAnOption_IsOneLine(string command, string option, bool takesValue)
    {
        // What the command needs besides, so that nothing else is wrong.
        using var place = new ScenarioFile("{}");
        var results = Path.Combine(place.Folder, "results.json");
        if (command == "compare")
        {
            (await HostProcess.RunAsync("--scenario", "hello", "--json", results)).Dispose();
        }

        string[] rest = command switch
        {
            "" => option == "--scenario" ? [] : ["--scenario", "hello"],
            "exec" => ["hello"],
            "list" or "doctor" => [],
            "compare" => [results, results],
            "new" => ["/tmp/never-made"],
            _ => ["hello"],
        };
        string[] before = command.Length == 0 ? [] : [command];
        using var host = await HostProcess.RunAsync(option.EndsWith('=') ? [.. before, $"{option}{Garbage}", .. rest]
            : takesValue ? [.. before, option, Garbage, .. rest]
            : [.. before, $"{option}=garbage", .. rest]);

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(line.Contains(option.TrimEnd('='), StringComparison.Ordinal) || line.Contains(takesValue ? Garbage : "garbage", StringComparison.Ordinal), line);
        Assert.DoesNotContain("System.", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\\n", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec", "--vcpus", "two", "--vcpus: 'two' is no whole number")]
    [InlineData("exec", "--memory", "1e3", "--memory: '1e3' is no whole number")]
    [InlineData("exec", "--sandbox", "half", "--sandbox: 'half' is unknown; use one of on, log, off")]
    [InlineData("exec", "--console", "rare", "--console: 'rare' is unknown; use one of safe, raw")]
    [InlineData("exec", "--timeout", "soon", "--timeout: 'soon' is no duration")]
    public async Task Run_WrongValue_SaysWhatBelongs(string command, string option, string value, string said)
    {
        using var host = await HostProcess.RunAsync(command, option, value, "hello");

        Assert.Equal(2, host.ExitCode);
        Assert.StartsWith($"kvmactors: {said}", host.Error, StringComparison.Ordinal);
        Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("--json", "/tmp/never.json", "exec", "hello")]
    [InlineData("--quiet", "list")]
    [InlineData("--Scenario:Name=x", "exec", "hello")]
    public async Task Run_WordsBeforeAnotherCommand_AreRefused(params string[] words)
    {
        using var host = await HostProcess.RunAsync(words);

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Contains(words[0], Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--scenario", "hello")]
    [InlineData(1, "exec", "hello")]
    [InlineData(1, "doctor")]
    [InlineData(1, "doctor", "--json")]
    public async Task Run_WithoutItsGuests_SaysWhatIsMissingAndHowToBuildIt(int lines, params string[] words)
    {
        var folder = Directory.CreateTempSubdirectory("kvmactors-");
        try
        {
            var program = HostProcess.Folder;
            foreach (var file in Directory.GetFiles(program).Where(file => Path.GetExtension(file) is ".dll" or ".json"))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "config"), Path.Combine(program, "config"));
            using var host = await HostProcess.RunByShellAsync($"shift 2; cd '{folder.FullName}'; exec dotnet kvmactors.dll \"$@\"", words);

            Assert.Equal((2, ""), (host.ExitCode, host.Output));
            var said = host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(lines, said.Length);
            Assert.All(said, line => Assert.Contains("dotnet build src/Host, which needs gcc, binutils and make", line, StringComparison.Ordinal));
            Assert.All(said, line => Assert.Contains("guest", line, StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Check_ScenarioThatMayRun_SaysOkAndWhatItIs()
    {
        using var host = await HostProcess.RunAsync("check", "orw", "--Scenario:Vms:0:Instances=100");

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
        Assert.Equal(
            "ok: orw: 1 VM, 100 instances, 16 at once at the most\n  reader: 100 × elf64, 1 vCPU, 16 MiB, 2 mappings, 0 devices, at most 10 s\n", host.Output);
    }

    [Fact]
    public async Task Check_ScenarioThatMayNot_SaysAllThatIsWrong()
    {
        using var scenario = new ScenarioFile("""{ "Name": "a", "Boot": "long64", "Image": "none.bin", "Vcpus": 0 }""");

        using var host = await HostProcess.RunAsync("check", scenario.Path, "--Kvm:Device=");

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Equal(
            ["kvmactors: Kvm:Device", "kvmactors: Scenario:Vms:0:Vcpus", "kvmactors: Scenario:Vms:0:Image"],
            host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(": ", line.Split(": ")[..2])));
    }

    [Fact]
    public async Task Check_NoScenario_IsNamed()
    {
        using var host = await HostProcess.RunAsync("check", "nosuch");

        Assert.Equal(2, host.ExitCode);
        Assert.StartsWith("kvmactors: check nosuch: neither a scenario", host.Error, StringComparison.Ordinal);
    }
}
