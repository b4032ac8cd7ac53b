using System.Diagnostics;
using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Guests that do not end by themselves, and people who do not wait.</summary>
public sealed class StopTests
{
    [VmFact]
    public async Task Run_GuestsThatSpin_TimeOut()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("user", "\"/bin/spin\"", """, "Timeout": "00:00:00.5" """),
            ScenarioFile.Bare("bare", "long64", "spin.bin", """, "Timeout": "00:00:00.5", "Vcpus": 2 """),
            ScenarioFile.Program("good", "\"/bin/hello\""));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        Assert.Equal(1, host.ExitCode);
        var outcomes = results.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("outcome").GetString());
        Assert.Equal(["TimedOut", "TimedOut", "Exited"], outcomes);
        host.Dispose();
    }

    [VmTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Run_Interrupted_EndsSoonWithAnOutcomeForEveryStartedVm(string signal)
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("hello", "\"/bin/hello\""),
            ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Instances": 100, "Timeout": "00:05:00" """));
        var json = Path.Combine(scenario.Folder, "out.json");
        using var host = HostProcess.Start("--scenario", scenario.Path, "--json", json);
        await UntilAsync(() => host.Output.Contains("Hello", StringComparison.Ordinal));

        var signalled = Stopwatch.GetTimestamp();
        host.Signal(signal);
        await host.WaitAsync();

        // The promise is two seconds; a machine busy with other tests gets more.
        Assert.InRange(Stopwatch.GetElapsedTime(signalled).TotalSeconds, 0, TestTime.Seconds(10).TotalSeconds);
        Assert.Equal(130, host.ExitCode);
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        var vms = document.RootElement.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal(document.RootElement.GetProperty("startedVms").GetInt32(), vms.Count);
        Assert.InRange(vms.Count, 2, 100);

        // The one that printed was about to exit by itself.
        Assert.Contains(vms[0].GetProperty("outcome").GetString(), (string[])["Exited", "Cancelled"]);
        Assert.All(vms.Skip(1), vm => Assert.Equal("Cancelled", vm.GetProperty("outcome").GetString()));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(30));
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
