using KvmActors.Bench.Benchmarks;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench;

/// <summary>All benchmarks, in the order they run.</summary>
internal static class Catalog
{
    /// <summary>Makes them; nothing is measured before one runs.</summary>
    public static IReadOnlyList<Benchmark> Create(BenchContext context) =>
    [
        .. ExitBenchmarks.Create(context),
        .. FileBenchmarks.Create(context),
        .. StartBenchmarks.Create(context),
        .. DeadlineBenchmarks.Create(context),
        .. NeighbourBenchmarks.Create(context),
        .. InstanceBenchmarks.Create(context),
        .. MemoryBenchmarks.Create(context),
        .. HostBenchmarks.Create(context),
        .. SandboxBenchmarks.Create(context),
        .. SoftwareBenchmarks.Create(context),
    ];
}
