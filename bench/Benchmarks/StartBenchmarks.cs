using System.Globalization;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Benchmarks;

/// <summary>How long a VM takes from nothing to the end of a guest that halts at once.</summary>
internal static class StartBenchmarks
{
    private const string Guest = "halt";
    private const int Vms = 100;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark("cold-start", "creating, loading and running a VM that halts at once, as actors / in C", "ns/VM", () => MeasureAsync(context))
        {
            Reference = async () =>
                (await context.RunReferenceAsync("starts", context.GuestFile(Guest), Vms.ToString(CultureInfo.InvariantCulture))).NsPerOperation,
            WarmUps = 3,
        };
    }

    private static async Task<double> MeasureAsync(BenchContext context)
    {
        var result = await ActorRun.RunAsync(context, Guests.Describe(context, Guest, Vms), concurrency: 1);
        return result.Vms.Average(vm => (vm.StartDuration + vm.RunDuration).TotalNanoseconds);
    }
}
