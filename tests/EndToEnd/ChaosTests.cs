using System.Globalization;
using System.Text.Json;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;
using Xunit.Abstractions;

namespace KvmActors.EndToEnd.Tests;

/// <summary>
/// The program ended at random moments in random ways. <c>CHAOS_CYCLES</c> says how often, <c>CHAOS_SEED</c> repeats what happened
/// before as far as time allows.
/// </summary>
[Collection(SerialCollection.Name)]
public sealed class ChaosTests(ITestOutputHelper log)
{
    private const int FewCycles = 12;

    // Until everything here has ended by itself, on an ordinary machine.
    private const double LongestRun = 1.2;

    private static readonly string[][] Endings = [["KILL"], ["INT"], ["TERM"], ["INT", "INT"], ["TERM", "KILL"], []];

    [VmFact]
    public async Task Run_EndedAtARandomMoment_HasCompleteResultsOrNoneAndLeavesNothing()
    {
        var cycles = Read("CHAOS_CYCLES") ?? TestTime.Rounds(FewCycles);
        var seed = Read("CHAOS_SEED") ?? Environment.TickCount;
        var random = new Random(seed);
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            var ending = Endings[random.Next(Endings.Length)];
            var what = await RunOnceAsync(ending, TestTime.Seconds(random.NextDouble() * LongestRun), $"seed {seed}, cycle {cycle}");
            seen[what] = seen.GetValueOrDefault(what) + 1;
        }

        log.WriteLine($"seed {seed}, {cycles} cycles");
        foreach (var (kind, count) in seen)
        {
            log.WriteLine($"{count,6} {kind}");
        }
    }

    private static async Task<string> RunOnceAsync(string[] signals, TimeSpan after, string where)
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("hello", "\"/bin/hello\"", """, "Instances": 6 """),
            ScenarioFile.Bare("spin", "long64", "spin.bin", """, "Timeout": "00:00:00.3", "Vcpus": 2, "Restart": { "Policy": "OnFailure", "MaxRestarts": 1 } """),
            ScenarioFile.Program("again", "\"/bin/hello\"", """, "Restart": { "Policy": "Always", "Backoff": "00:00:00.01" } """));
        var json = Path.Combine(scenario.Folder, "out.json");

        // Without a signal it must end by itself.
        string[] more = signals.Length == 0 ? ["--Scenario:Vms:2:Restart:Policy=OnFailure"] : [];
        using var host = HostProcess.Start(["--scenario", scenario.Path, "--json", json, .. more]);
        await Task.Delay(after);
        var hadStarted = host.Output.Contains("Hello", StringComparison.Ordinal);
        foreach (var signal in signals)
        {
            host.Signal(signal);
        }

        // One of the VMs prints for ever, so that only time tells a hang.
        await Task.WhenAny(host.WaitAsync(), Task.Delay(TestTime.Seconds(60)));
        Assert.True(host.HasEnded, $"{where}, {string.Join('+', signals)} after {after.TotalMilliseconds:0} ms: did not end\n{host.Error}");

        var saw = $"{where}, {string.Join('+', signals)} after {after.TotalMilliseconds:0} ms: exit code {host.ExitCode}\n{host.Error}";
        var wasKilled = signals.Contains("KILL");
        Assert.True(IsDocumented(host.ExitCode, signals, hadStarted), saw);
        var written = File.Exists(json) ? await File.ReadAllBytesAsync(json) : [];
        if (written.Length > 0)
        {
            AssertComplete(written, saw);
        }

        // A process that is killed promises none, nor does one that was interrupted before it had started anything, or twice.
        Assert.True(written.Length > 0 || wasKilled || signals.Length > 1 || (signals.Length > 0 && !hadStarted), saw);
        AssertNothingIsLeft(host.Id, scenario.Folder, json, wasKilled: wasKilled || written.Length == 0, saw);
        return $"{(signals.Length == 0 ? "no signal" : string.Join('+', signals))}, {host.ExitCode}, {(written.Length > 0 ? "complete results" : "no results")}";
    }

    // 128 and the signal's number is what the kernel's own end of it looks like: SIGKILL always, the others before the program
    // takes them.
    private static bool IsDocumented(int exitCode, string[] signals, bool hadStarted) => exitCode switch
    {
        1 => signals.Length == 0,
        130 => signals.Length > 0,
        137 => signals.Contains("KILL"),
        143 => signals.Contains("TERM") && !hadStarted,
        _ => false,
    };

    private static void AssertComplete(byte[] written, string saw)
    {
        using var document = JsonDocument.Parse(written);
        var vms = document.RootElement.GetProperty("vms").EnumerateArray().ToList();
        Assert.True(document.RootElement.GetProperty("startedVms").GetInt32() == vms.Count, saw);
        Assert.True(document.RootElement.GetProperty("problem").ValueKind == JsonValueKind.Null, saw);
        Assert.All(vms, vm => Assert.Contains(vm.GetProperty("outcome").GetString(), (string[])["Exited", "TimedOut", "Cancelled"]));
    }

    private static void AssertNothingIsLeft(int process, string folder, string json, bool wasKilled, string saw)
    {
        Assert.True(Directory.GetFiles(folder).All(file => file == json || file.EndsWith("test.json", StringComparison.Ordinal)), saw);

        // The runtime's own, for debuggers; it takes them away unless it is ended at once.
        var temporary = Directory.GetFileSystemEntries(Path.GetTempPath(), $"*-{process}-*");
        if (wasKilled)
        {
            Array.ForEach(temporary, File.Delete);
        }
        else
        {
            Assert.True(temporary.Length == 0, $"{string.Join(' ', temporary)}\n{saw}");
        }

        Assert.True(Directory.GetDirectories("/proc").All(other => !IsOf(other, folder)), saw);
    }

    // Whether a process was started with a path in the folder.
    private static bool IsOf(string process, string folder)
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(process)[0])
                && File.ReadAllText(Path.Combine(process, "cmdline")).Contains(folder, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It is gone.
            return false;
        }
    }

    private static int? Read(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}
