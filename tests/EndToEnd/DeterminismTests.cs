using System.Text.Json;
using KvmActors.EndToEnd.Tests.Exec;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The program in software, again and again: everything but the host's times is the same.</summary>
[Trait("Needs", "Speed")]
public sealed class DeterminismTests
{
    // So many of each; with DETERMINISM_RUNS as many as one likes.
    private static readonly int Runs = RoundCount.Of("DETERMINISM_RUNS", 3);

    [Theory]
    [InlineData("orw")]
    [InlineData("smp-counter")]
    [InlineData("smp-ticket")]
    [InlineData("fleet")]
    public async Task Run_AgainAndAgain_HasTheSameTrace(string scenario)
    {
        string[] arguments = ["--scenario", scenario, "--backend", "software", "--seed", "5"];
        var traces = new HashSet<string>();
        using var load = new Load();
        for (var run = 0; run < Runs; run++)
        {
            // Every other one beside others that want the processors.
            load.IsOn = run % 2 == 1;
            var (host, results) = await HostProcess.RunJsonAsync([.. arguments, $"--Scenario:MaxConcurrency={1 + (7 * (run % 2))}"]);
            Assert.Equal(0, host.ExitCode);
            host.Dispose();
            traces.Add(TraceOf(results));
        }

        Assert.DoesNotContain("none:", Assert.Single(traces), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_ProgramWithThreads_HasTheSameTrace()
    {
        using var programs = new CompiledPrograms();
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Root, "results");
        string[] arguments =
        [
            "exec", "--backend", "software", "--seed", "5", "--vcpus", "2", "--map", $"{folder.AddFolder("scratch")}:/scratch:rw", "--json", file,
            programs.PathOf("thread_stress", isPie: true), "/scratch/lines", "2",
        ];
        var traces = new HashSet<string>();
        using var load = new Load();
        for (var run = 0; run < Runs; run++)
        {
            load.IsOn = run % 2 == 1;
            using var host = await HostProcess.RunAsync(arguments);
            Assert.Equal(0, host.ExitCode);
            using var results = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
            traces.Add(TraceOf(results.RootElement));
        }

        Assert.DoesNotContain("none:", Assert.Single(traces), StringComparison.Ordinal);
    }

    [BusyboxTheory]
    [InlineData("dd", "if=/dev/urandom", "bs=16", "count=1")]
    public async Task Exec_InSoftware_HasItsOwnChance(params string[] words)
    {
        using var first = await Exec();
        using var again = await Exec();
        using var other = await Exec("--seed", "2");
        using var real = await Exec("--deterministic", "false");

        Assert.Equal(first.Output, again.Output);
        Assert.NotEqual(first.Output, other.Output);
        Assert.NotEqual(first.Output, real.Output);

        Task<HostProcess> Exec(params string[] options) =>
            HostProcess.RunAsync(["exec", "--backend", "software", .. options, BusyboxTheoryAttribute.Path!, .. words]);
    }

    private static string TraceOf(JsonElement results)
    {
        var vms = results.GetProperty("vms").EnumerateArray()
            .Select(vm => $"{vm.GetProperty("id")} {vm.GetProperty("instructions")} {vm.GetProperty("traceHash")} {vm.GetProperty("output")}");
        return $"{results.GetProperty("traceHash").GetString() ?? "none"}: {string.Join(", ", vms)}";
    }

    // What keeps both processors of a small machine busy.
    private sealed class Load : IDisposable
    {
        private readonly Thread[] _threads;
        private volatile bool _isOn;
        private volatile bool _isOver;

        public Load()
        {
            _threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Spin) { IsBackground = true })];
            foreach (var thread in _threads)
            {
                thread.Start();
            }
        }

        public bool IsOn
        {
            get => _isOn;
            set => _isOn = value;
        }

        public void Dispose()
        {
            _isOver = true;
            foreach (var thread in _threads)
            {
                thread.Join();
            }
        }

        private void Spin()
        {
            while (!_isOver)
            {
                if (!_isOn)
                {
                    Thread.Sleep(1);
                }
            }
        }
    }
}
