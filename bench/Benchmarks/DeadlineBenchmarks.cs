using System.Globalization;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Benchmarks;

/// <summary>How long guests live on after their deadline.</summary>
internal static class DeadlineBenchmarks
{
    private const int Kinds = 10, OfEachKind = 100, Spinning = 50;

    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(20);

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark("stop", "from the stop of a spinning guest to the end of its vCPU / from a signal to KVM_RUN's end in C", "ns",
            () => MeasureStopAsync(context))
        {
            Reference = async () => (await context.RunReferenceAsync(
                "stops", context.GuestFile("spin"), Spinning.ToString(CultureInfo.InvariantCulture))).NsPerOperation,
            Bar = new Bar(1.5),
            WarmUps = 1,
        };

        // One run gives both.
        var lateness = new Lazy<Task<IReadOnlyList<double>>>(() => MeasureLatenessAsync(context));
        yield return new Benchmark("deadline", $"from the deadline to the VM's end, 99th percentile of {Kinds * OfEachKind} hostile guests of {Kinds} kinds", "ms",
            async () => (await lateness.Value)[(int)(Kinds * OfEachKind * 0.99) - 1])
        {
            Bar = new Bar(100),
            WarmUps = 0,
            MaxPairs = 1,
            Prepare = () => HostProgram.Build(HostProgram.Release),
        };
        yield return new Benchmark("deadline-worst", "the same, the latest of all", "ms", async () => (await lateness.Value)[^1])
        {
            Bar = new Bar(1000),
            WarmUps = 0,
            MaxPairs = 1,
            Prepare = () => HostProgram.Build(HostProgram.Release),
        };
    }

    private static async Task<double> MeasureStopAsync(BenchContext context)
    {
        var spin = HostileGuests.Describe(context, Spinning, Timeout).First();
        var result = await ActorRun.RunAsync(context, spin, concurrency: 1);
        return result.Vms.Select(vm => vm.StopDuration!.Value.TotalNanoseconds).Order().ElementAt(Spinning / 2);
    }

    private static async Task<IReadOnlyList<double>> MeasureLatenessAsync(BenchContext context)
    {
        using var output = new StalledOutput(HostileGuests.Stalled);
        var all = new List<(string Kind, double Milliseconds)>();
        foreach (var spec in HostileGuests.Describe(context, OfEachKind, Timeout))
        {
            var result = await ActorRun.RunAsync(context, spec, Environment.ProcessorCount, output: output);
            all.AddRange(result.Vms.Select(vm => (spec.Name, Lateness(vm, spec))));
        }

        foreach (var kind in all.GroupBy(guest => guest.Kind, guest => guest.Milliseconds))
        {
            var sorted = kind.Order().ToList();
            await Console.Error.WriteAsync(
                string.Create(CultureInfo.InvariantCulture, $"\n  {kind.Key}: median {sorted[sorted.Count / 2]:F2} ms, 99 % {sorted[(int)(sorted.Count * 0.99) - 1]:F2} ms, latest {sorted[^1]:F2} ms"));
        }

        return [.. all.Select(guest => guest.Milliseconds).Order()];
    }

    // Until its result is there; its deadline begins with its first entry.
    private static double Lateness(VmResult vm, VmSpec spec) => (vm.Times!.Ended - vm.Times.Entered!.Value - spec.Timeout).TotalMilliseconds;
}
