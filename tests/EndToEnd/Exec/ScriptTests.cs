using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Scripts: what their interpreter gets, as Linux has it.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [VmTheory]
    [InlineData("#!/bin/env\n", "/bin/env", "/s/script", "a", "b c")]
    [InlineData("#!/bin/env", "/bin/env", "/s/script", "a", "b c")]
    [InlineData("#! \t/bin/env  one two \t\nmore\n", "/bin/env", "one two", "/s/script", "a", "b c")]
    public async Task Run_Script_ItsInterpreterGetsItsNameAndArguments(string text, params string[] words)
    {
        Add("script", text);

        var vm = await RunAsync("/s/script", "a", "b c");

        Assert.Equal((0, ""), (vm.ExitCode, vm.Error));
        Assert.Equal(words.Select(word => $"argv {word}"), Lines(vm));
    }

    [VmFact]
    public async Task Run_ScriptOfAScript_EachGetsItsOwn()
    {
        Add("one", "#!/s/two x y\n");
        Add("two", "#!/bin/env z\n");

        Assert.Equal(["argv /bin/env", "argv z", "argv /s/two", "argv x y", "argv /s/one", "argv a"], Lines(await RunAsync("/s/one", "a")));
    }

    [VmTheory]
    [InlineData(5, 0)]
    [InlineData(6, 126)]
    public async Task Run_ScriptsOfScripts_FiveAtTheMost(int count, int exitCode)
    {
        for (var index = 1; index <= count; index++)
        {
            Add($"s{index}", index == count ? "#!/bin/env\n" : $"#!/s/s{index + 1}\n");
        }

        var vm = await RunAsync("/s/s1");

        Assert.Equal(exitCode, vm.ExitCode);
        Assert.Equal(exitCode == 0 ? count + 1 : 0, Lines(vm).Count);
    }

    [VmFact]
    public async Task Run_ScriptWithAnInterpreterThatIsNoProgram_SaysSo()
    {
        Add("script", "#!/s/text\n");
        Add("text", "text");

        var vm = await RunAsync("/s/script");

        Assert.Equal(126, vm.ExitCode);
        Assert.Contains("/s/script: its interpreter /s/text: is no ELF program", vm.Error, StringComparison.Ordinal);
    }

    // A scenario looks at nothing beforehand: there it is the guest kernel that says so.
    [VmFact]
    public async Task Run_InAScenarioWithoutItsInterpreter_TheKernelSaysSo()
    {
        Add("script", "#!/bin/nothing\n");
        using var scenario = new ScenarioFile($$"""
            {
              "Name": "script", "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/s/script" ],
              "Files": [ { "Guest": "/s", "Host": "{{_folder.Root}}" } ]
            }
            """);
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);
        using (host)
        {
            var vm = Assert.Single(results.GetProperty("vms").EnumerateArray());
            Assert.Equal(
                (127, "kernel: /s/script: its interpreter /bin/nothing: not found: map it, with the libraries and files it needs (error 2)"),
                (vm.GetProperty("exitCode").GetInt32(), vm.GetProperty("message").GetString()));
        }
    }

    private static List<string> Lines(Capture vm) => [.. Encoding.UTF8.GetString(vm.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private void Add(string name, string text)
    {
        var file = _folder.AddFile(name, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private Task<Capture> RunAsync(params string[] words) =>
        Capture.InVmAsync(["--map", $"{Path.Combine(AppContext.BaseDirectory, "guest", "user")}:/bin", "--map", $"{_folder.Root}:/s", .. words]);
}
