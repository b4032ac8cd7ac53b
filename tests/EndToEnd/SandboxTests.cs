using System.Globalization;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What confines the threads that serve guests, seen from outside.</summary>
public sealed class SandboxTests
{
    private const int Vcpus = 4;

    // What the runtime and KVM make from such a thread is confined like it; it serves nobody else.
    private static readonly string[] MayBeConfined = ["vcpu-", ".NET Tiered", "kvm-"];

    [VmFact]
    public async Task Run_Guests_AreServedByConfinedThreadsAndNothingElseIs()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("user", "\"/bin/spin\"", """, "Timeout": "00:05:00", "Instances": 2 """),
            ScenarioFile.Bare("bare", "long64", "spin.bin", """, "Timeout": "00:05:00", "Vcpus": 2 """),
            ScenarioFile.Program("good", "\"/bin/hello\""));
        using var host = HostProcess.Start("--scenario", scenario.Path);
        await host.WaitForLinesAsync("Hello from ring 3!", 1);
        await UntilAsync(() => Threads(host.Id).Count(thread => thread.Name.StartsWith("vcpu-", StringComparison.Ordinal) && thread.Seccomp == 2) >= Vcpus);

        var threads = Threads(host.Id);

        Assert.All(
            threads.Where(thread => thread.Seccomp != 0 || thread.NoNewPrivileges != 0),
            thread => Assert.Contains(MayBeConfined, start => thread.Name.StartsWith(start, StringComparison.Ordinal)));
        Assert.All(
            threads.Where(thread => thread.Name.StartsWith("vcpu-", StringComparison.Ordinal)),
            thread => Assert.Equal((2, 1, 0UL), (thread.Seccomp, thread.NoNewPrivileges, thread.Capabilities & ~0xFUL)));
        host.Signal("INT");
        await host.WaitAsync();
        Assert.Equal(130, host.ExitCode);
    }

    [VmTheory]
    [InlineData("on", "on")]
    [InlineData("log", "log")]
    [InlineData("off", null)]
    public async Task Run_Sandbox_IsInTheResults(string mode, string? expected)
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("good", "\"/bin/hello\""));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path, "--sandbox", mode);

        using (host)
        {
            Assert.Equal(0, host.ExitCode);
            var sandbox = results.GetProperty("vms")[0].GetProperty("sandbox");
            Assert.Equal(expected, expected is null ? sandbox.GetString() : sandbox.GetProperty("mode").GetString());
            Assert.Equal(mode == "on", expected is not null && sandbox.GetProperty("seccomp").GetBoolean());
        }
    }

    private static List<(string Name, int Seccomp, int NoNewPrivileges, ulong Capabilities)> Threads(int process)
    {
        var threads = new List<(string, int, int, ulong)>();
        foreach (var folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var status = File.ReadLines($"{folder}/status").Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
                threads.Add((status["Name"], Number("Seccomp"), Number("NoNewPrivs"), ulong.Parse(status["CapEff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));

                int Number(string key) => int.Parse(status[key], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return threads;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(60));
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }
}
