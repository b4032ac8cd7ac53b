using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Signals, whenever they come. <c>SIGNAL_ROUNDS</c> says how often the random ones do.</summary>
public sealed class SignalTests
{
    // What comes sooner is taken for the same request.
    private static readonly TimeSpan BetweenSignals = TimeSpan.FromSeconds(0.5);

    private static readonly string[] Signals = ["INT", "TERM", "HUP", "QUIT"];

    private static readonly Dictionary<string, int> Numbers = new() { ["HUP"] = 1, ["INT"] = 2, ["QUIT"] = 3, ["TERM"] = 15 };

    [VmFact]
    public async Task Run_SignalAtAnyMoment_LeavesWholeResultsOrNone()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("SIGNAL_ROUNDS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : TestTime.Rounds(16);
        var random = new Random(20261126);
        var longest = await MeasureAsync();
        var ends = new SortedDictionary<string, int>();
        for (var round = 0; round < rounds; round++)
        {
            var signal = Signals[random.Next(Signals.Length)];

            // Most of what matters comes late: the last VMs' ends, the results, the process's own end.
            var at = longest * (round % 4 == 0 ? random.NextDouble() : 0.5 + (0.6 * random.NextDouble()));
            var end = await RoundAsync(signal, at, again: round % 8 == 7 ? longest * random.NextDouble() : null);
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }

        Console.WriteLine($"signals: {rounds} rounds within {longest.TotalMilliseconds:0} ms: {string.Join(", ", ends.Select(end => $"{end.Key} {end.Value}"))}");
    }

    [VmTheory]
    [InlineData("INT", "QUIT")]
    [InlineData("TERM", "TERM")]
    [InlineData("HUP", "INT")]
    public async Task Run_SecondSignal_EndsAtOnce(string first, string second)
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "00:05:00" """));
        var (pipe, report) = (Path.Combine(scenario.Folder, "pipe"), Path.Combine(scenario.Folder, "report.html"));
        using var full = MakeFullPipe(pipe);
        using var host = HostProcess.Start("--scenario", scenario.Path, "--json", pipe, "--report", report);
        await UntilAsync(() => host.Vcpus() > 0);
        host.Signal(first);
        await UntilAsync(() => host.Vcpus() == 0);
        Assert.False(host.HasEnded, host.Error);

        await Task.Delay(BetweenSignals);
        host.Signal(second);
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
        Assert.Equal([pipe, scenario.Path], Directory.GetFileSystemEntries(scenario.Folder).Order(StringComparer.Ordinal));
    }

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_SecondSignalOnATerminal_LeavesNoStatusLine()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "00:05:00" """));
        var pipe = Path.Combine(scenario.Folder, "pipe");
        using var full = MakeFullPipe(pipe);
        var command = "exec " + HostOnTerminal.CommandOf("--scenario", scenario.Path, "--json", pipe);
        using var terminal = Process.Start(new ProcessStartInfo(TerminalFactAttribute.Path!, ["-q", "-e", "-c", command, "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            Environment = { ["TERM"] = "xterm" },
        })!;
        var seen = new System.Text.StringBuilder();
        var reading = Task.Run(async () =>
        {
            var buffer = new char[4096];
            for (int count; (count = await terminal.StandardOutput.ReadAsync(buffer)) > 0;)
            {
                lock (seen)
                {
                    seen.Append(buffer, 0, count);
                }
            }
        });
        await UntilAsync(() => Seen().Contains(" waiting, 1 running", StringComparison.Ordinal));

        // Ctrl-C, as the terminal has it.
        await terminal.StandardInput.WriteAsync('\x03');
        await terminal.StandardInput.FlushAsync();
        await UntilAsync(() => Seen().Contains(" waiting, 0 running", StringComparison.Ordinal));
        await Task.Delay(BetweenSignals);
        await terminal.StandardInput.WriteAsync('\x03');
        await terminal.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TestTime.Seconds(30));
        await terminal.WaitForExitAsync(limit.Token);
        await reading;

        Assert.Equal(130, terminal.ExitCode);
        Assert.Matches("\r\e\\[2K(\\^C)?\\z", Seen());

        string Seen()
        {
            lock (seen)
            {
                return seen.ToString();
            }
        }
    }

    [VmFact]
    public async Task Run_HangUpThatIsIgnored_GoesOn()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "00:00:02" """));
        var json = Path.Combine(scenario.Folder, "out.json");
        using var host = HostProcess.StartByShell("trap '' HUP; exec \"$@\"", "--scenario", scenario.Path, "--json", json);
        await UntilAsync(() => host.Vcpus() > 0);

        host.Signal("HUP");
        await host.WaitAsync();

        Assert.Equal(1, host.ExitCode);
        Assert.Equal(["TimedOut"], Outcomes(json));
    }

    [VmFact]
    public async Task Exec_Signal_EndsWith130()
    {
        using var host = HostProcess.Start("exec", "spin");
        await UntilAsync(() => host.Vcpus() > 0);

        host.Signal("HUP");
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
    }

    private static async Task<TimeSpan> MeasureAsync()
    {
        var longest = TimeSpan.Zero;
        for (var round = 0; round < 2; round++)
        {
            using var scenario = Scenario();
            var started = Stopwatch.GetTimestamp();
            using var host = await HostProcess.RunAsync("--scenario", scenario.Path, "--json", Path.Combine(scenario.Folder, "out.json"));
            Assert.Equal(0, host.ExitCode);
            longest = Stopwatch.GetElapsedTime(started);
        }

        return longest;
    }

    private static async Task<string> RoundAsync(string signal, TimeSpan at, TimeSpan? again)
    {
        using var scenario = Scenario();
        var (json, report) = (Path.Combine(scenario.Folder, "out.json"), Path.Combine(scenario.Folder, "out.html"));
        var started = Stopwatch.GetTimestamp();
        using var host = HostProcess.Start("--scenario", scenario.Path, "--json", json, "--report", report);
        await WaitUntilAsync(started, at);
        host.Signal(signal);
        if (again is { } later)
        {
            await WaitUntilAsync(started, at + later);
            host.Signal(signal);
        }

        await host.WaitAsync();
        var round = $"{signal} after {at.TotalMilliseconds:0} ms ended with {host.ExitCode}: {host.Error}";
        var files = Directory.GetFileSystemEntries(scenario.Folder).Order(StringComparer.Ordinal).ToList();
        var promised = host.ExitCode is 0 or 130;
        if (promised && files.Count == 3)
        {
            Assert.Equal([report, json, scenario.Path], files);
            var outcomes = Outcomes(json);
            Assert.True(host.ExitCode == 130 ? outcomes.All(outcome => outcome is "Exited" or "Cancelled") : outcomes.Count == 6 && outcomes.All(outcome => outcome == "Exited"), round);
            Assert.EndsWith("</html>\n", await File.ReadAllTextAsync(report), StringComparison.Ordinal);
            return $"{host.ExitCode} with results";
        }

        // Before the run has begun a signal does what it always does; a second one, at any time, ends at once.
        Assert.True(host.ExitCode == 128 + Numbers[signal] || (again is not null && host.ExitCode == 130), round);
        Assert.All(files, file => Assert.True(file == scenario.Path || (again is not null && (file == json || file == report)), file));
        return $"{host.ExitCode} without";
    }

    private static ScenarioFile Scenario() => new(
        ScenarioFile.Program("hello", "\"/bin/hello\"", """, "Instances": 4 """), ScenarioFile.Program("cold", "\"/bin/hello\"", """, "Instances": 2, "Start": "Cold" """));

    private static List<string?> Outcomes(string json)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(json));
        return [.. document.RootElement.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("outcome").GetString())];
    }

    // Somebody has it open, but never reads: whoever writes to it waits for ever.
    private static FileStream MakeFullPipe(string path)
    {
        using (var made = Process.Start("mkfifo", [path]))
        {
            made.WaitForExit();
        }

        // As much as a pipe takes (pipe(7)).
        var pipe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        pipe.Write(new byte[65_536]);
        return pipe;
    }

    private static async Task WaitUntilAsync(long started, TimeSpan at)
    {
        if (at - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } left)
        {
            await Task.Delay(left);
        }
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
