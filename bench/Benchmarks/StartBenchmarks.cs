using System.Globalization;
using KvmActors.Bench.Measuring;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Bench.Benchmarks;

/// <summary>How long a VM takes to the end of a guest that halts at once, and back to where it began.</summary>
internal static class StartBenchmarks
{
    private const string Guest = "halt";
    private const int Vms = 100, Resets = 500;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark(
            "warm-start", "starting a VM that was used and reset, and running it until it halts at once / creating, loading and running one in C",
            "ns/VM", () => MeasureStartAsync(context, VmStart.Warm))
        {
            Reference = () => MeasureReferenceAsync(context, "starts", Vms),
            Bar = new Bar(0.1),
            WarmUps = 3,
        };
        yield return new Benchmark("cold-start", "creating, loading and running a VM that halts at once, as actors / in C", "ns/VM",
            () => MeasureStartAsync(context, VmStart.Cold))
        {
            Reference = () => MeasureReferenceAsync(context, "starts", Vms),
            WarmUps = 3,
        };
        yield return new Benchmark("reset", "resetting a used VM / the same system calls in C", "ns/reset", () => Task.FromResult(MeasureReset(context)))
        {
            Reference = () => MeasureReferenceAsync(context, "resets", Resets),
            Bar = new Bar(1.5),
            WarmUps = 3,
        };
    }

    private static async Task<double> MeasureReferenceAsync(BenchContext context, string command, int count) =>
        (await context.RunReferenceAsync(command, context.GuestFile(Guest), count.ToString(CultureInfo.InvariantCulture))).NsPerOperation;

    // Of warm ones the median: the first of them is made, not taken from those that were used.
    private static async Task<double> MeasureStartAsync(BenchContext context, VmStart start)
    {
        var result = await ActorRun.RunAsync(context, Guests.Describe(context, Guest, Vms) with { Start = start }, concurrency: 1);
        var durations = result.Vms.Select(vm => (vm.StartDuration + vm.RunDuration).TotalNanoseconds);
        return start == VmStart.Warm ? durations.Order().ElementAt(Vms / 2) : durations.Average();
    }

    private static double MeasureReset(BenchContext context)
    {
        var spec = Guests.Describe(context, Guest);
        using var template = VmTemplate.BeforeBoot(spec.Plan);
        using var vm = new LoopVm(context.Hypervisor, spec, template);
        var sum = 0.0;
        for (var reset = 0; reset < Resets; reset++)
        {
            vm.Run();
            sum += vm.Reset(template);
        }

        return sum / Resets;
    }
}
