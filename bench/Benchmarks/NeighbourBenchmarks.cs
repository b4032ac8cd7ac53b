using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;

namespace KvmActors.Bench.Benchmarks;

/// <summary>What guests that mean well notice of hostile ones in the same process: eight of them beside one of each hostile kind.</summary>
internal static class NeighbourBenchmarks
{
    private const string Guest = "exits";
    private const int Honest = 8;

    // What the guest writes, as in exits.S.
    private const byte Letter = (byte)'x';
    private const int Letters = 10_000;

    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);

    // Until all of them are at it, with what they need compiled.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark(
            "neighbours", $"the 99th percentile of an exit's time in the host, of {Honest} VMs beside hostile VMs / beside as many spinning C processes", "ns",
            () => MeasureBesideHostileAsync(context))
        {
            Reference = () => MeasureBesideSpinningAsync(context),
            Bar = new Bar(1.25),
            Prepare = () => HostProgram.Build(HostProgram.Release),
        };
    }

    private static async Task<double> MeasureBesideSpinningAsync(BenchContext context)
    {
        var count = HostileGuests.Describe(context, instances: 1, Forever).Sum(spec => spec.Machine.Vcpus);
        var spinning = Enumerable.Range(0, count).Select(_ => context.StartReference("spin")).ToList();
        try
        {
            await Task.Delay(Settling);
            return await MeasureHonestAsync(context);
        }
        finally
        {
            foreach (var process in spinning)
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }
    }

    private static async Task<double> MeasureBesideHostileAsync(BenchContext context)
    {
        using var output = new StalledOutput(HostileGuests.Stalled);
        IReadOnlyList<VmSpec> specs = [.. HostileGuests.Describe(context, instances: 1, Forever)];
        var system = ActorSystem.Create("hostile", ConfigurationFactory.ParseString(KvmActorSystem.Hocon));
        try
        {
            var services = new VmServices(context.Hypervisor, output, new ExitSamplingOptions());
            var actor = system.ActorOf(KvmActorSystem.ScenarioProps(services), "scenario");
            var ended = actor.Ask<ScenarioEnded>(new RunScenario(new ScenarioSpec("hostile", specs.Count, specs)));
            await Task.Delay(Settling);
            var percentile = await MeasureHonestAsync(context);
            actor.Tell(CancelScenario.Instance);
            var result = (await ended).Result;
            return result.Vms.FirstOrDefault(vm => vm.Outcome != VmOutcome.Cancelled) is { } other
                ? throw new MeasurementException($"{other.Id} was to go on for ever, and ended with {other.Outcome} {other.Message}")
                : percentile;
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static async Task<double> MeasureHonestAsync(BenchContext context)
    {
        var output = new CountedOutput();
        var started = Stopwatch.GetTimestamp();
        var result = await ActorRun.RunAsync(context, Guests.Describe(context, Guest, Honest), Honest, output: output);
        if (output.Written.Count != Honest || output.Written.Values.Any(written => written != Letters))
        {
            throw new MeasurementException($"what the guests wrote did not arrive whole, after {Stopwatch.GetElapsedTime(started)}");
        }

        var exits = new LatencyHistogram();
        result.Statistics.AddHostSideTo(exits);
        return exits.Percentile(0.99);
    }

    /// <summary>Counts what each guest writes, as long as it is the right letter.</summary>
    private sealed class CountedOutput : IGuestOutput
    {
        public ConcurrentDictionary<string, long> Written { get; } = [];

        public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stop)
        {
            var right = bytes.IndexOfAnyExcept(Letter) < 0 ? bytes.Length : long.MinValue;
            Written.AddOrUpdate(vm, right, (_, before) => before + right);
            return Errno.None;
        }
    }
}
