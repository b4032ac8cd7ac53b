using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Benchmarks;

/// <summary>From the start of the host's process to the first byte that a guest, which writes at once, has written.</summary>
internal static class HostBenchmarks
{
    private const string Guest = "hello";

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return Create(context, "host-start", HostProgram.Release);
        yield return Create(context, "host-start-debug", "Debug");
    }

    private static Benchmark Create(BenchContext context, string name, string configuration) => new(
        name,
        $"from the start of the host's process ({configuration} build) to what its guest writes first",
        "ms",
        () => HostProgram.TimeFirstByteAsync(configuration, HostProgram.WriteScenario(context, Guest)))
    {
        Bar = new Bar(300),
        Prepare = () => HostProgram.Build(configuration),
    };
}
