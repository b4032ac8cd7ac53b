using System.Globalization;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Benchmarks;

/// <summary>
/// Many short lives, as many at once as there are processors: each boots the guest kernel, whose program says hello from ring 3
/// and exits.
/// </summary>
internal static class InstanceBenchmarks
{
    private const string Program = "hello";
    private const int Few = 50, Short = 500, Many = 5000;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark(
            "instances", "500 short-lived instances a second, the host's start included / the C hypervisor started once for each", "instances/s",
            () => MeasureHostAsync(context, includesStart: true))
        {
            Reference = () => MeasureProcessesAsync(context, "exec"),
            Bar = new Bar(8, IsMinimum: true),
            Prepare = BuildHost,
        };
        yield return new Benchmark(
            "instances-no-start", "500 short-lived instances a second, the host's start left out / the C hypervisor started once for each", "instances/s",
            () => MeasureHostAsync(context, includesStart: false))
        {
            Reference = () => MeasureProcessesAsync(context, "exec"),
            Bar = new Bar(8, IsMinimum: true),
            Prepare = BuildHost,
        };
        yield return new Benchmark(
            "instances-fork", "500 short-lived instances a second, in a process that is warm / the C hypervisor forked once for each", "instances/s",
            async () => 1e9 / await MeasureActorsAsync(context, Short))
        {
            Reference = () => MeasureProcessesAsync(context, "fork"),
            Prepare = BuildHost,
        };
        yield return new Benchmark("scale", "the cost of one of 5,000 instances / of one of 50", "ns/instance", () => MeasureActorsAsync(context, Many))
        {
            Reference = () => MeasureActorsAsync(context, Few),
            Bar = new Bar(1.1),
            Prepare = BuildHost,
        };
    }

    private static async Task<double> MeasureProcessesAsync(BenchContext context, string how)
    {
        var result = await context.RunReferenceAsync(
            "processes", HostProgram.KernelFile, Path.Combine(HostProgram.UserFolder, Program), Text(Short), Text(Environment.ProcessorCount), how);
        return 1e9 / result.NsPerOperation;
    }

    private static async Task<double> MeasureHostAsync(BenchContext context, bool includesStart)
    {
        var scenario = HostProgram.WriteProgramScenario(context, Program, Short, Environment.ProcessorCount);
        var (whole, wall) = await HostProgram.RunAsync(context, HostProgram.Release, scenario);
        return Short / (includesStart ? whole : wall).TotalSeconds;
    }

    private static async Task<double> MeasureActorsAsync(BenchContext context, int instances)
    {
        var result = await ActorRun.RunAsync(context, Guests.DescribeProgram(Program, instances), Environment.ProcessorCount);
        return result.Wall.TotalNanoseconds / instances;
    }

    // It brings the guest kernel and its programs, also for what does not start it.
    private static void BuildHost() => HostProgram.Build(HostProgram.Release);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
