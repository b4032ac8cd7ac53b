using KvmActors.Host.Compare;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests.Compare;

/// <summary>Durations made by chance, the same for the same seed.</summary>
internal static class Durations
{
    /// <summary>As exits have them: many short ones, and a long tail.</summary>
    /// <param name="random">Chance.</param>
    /// <param name="count">How many.</param>
    /// <param name="factor">What each is multiplied by.</param>
    public static BucketDistribution LogNormal(Random random, int count, double factor = 1)
    {
        var durations = new LatencyHistogram();
        for (var index = 0; index < count; index++)
        {
            durations.Record((long)(12_000 * factor * Math.Exp(0.8 * Normal(random))));
        }

        return new BucketDistribution([.. durations.Buckets()]);
    }

    /// <summary>A run with the same durations everywhere.</summary>
    public static ComparedRun Run(string name, params IEnumerable<(string Name, BucketDistribution Durations)> exits) => new()
    {
        Name = name,
        Scenario = "sample",
        ProgramVersion = "1.2.3",
        StartedAt = "2026-01-02T03:04:05+00:00",
        Processor = "A processor",
        Kernel = "Linux 6.1",
        KvmModule = "kvm_amd",
        Exits = [.. exits],
        Hypercalls = [],
        Vms = [],
        Instances = [],
    };

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
