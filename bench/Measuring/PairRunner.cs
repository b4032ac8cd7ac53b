namespace KvmActors.Bench.Measuring;

/// <summary>The figures of one benchmark.</summary>
/// <param name="Benchmark">Which one.</param>
/// <param name="Reference">What the reference gave, in the order measured; empty where there is none.</param>
/// <param name="Measured">What the program gave, in the order measured.</param>
internal sealed record BenchmarkResult(Benchmark Benchmark, IReadOnlyList<double> Reference, IReadOnlyList<double> Measured)
{
    /// <summary>The ratio of each pair; empty where there is no reference.</summary>
    public IReadOnlyList<double> Ratios { get; } = [.. Reference.Zip(Measured, (reference, measured) => measured / reference)];

    /// <summary>The spread of what the bar is about: the ratios, or the figures where there is no reference.</summary>
    public Spread Spread => Spread.Of(Ratios.Count > 0 ? Ratios : Measured);

    /// <summary>Whether the median reaches the bar; null where there is none.</summary>
    public bool? MeetsBar => Benchmark.Bar?.IsMetBy(Spread.Median);
}

/// <summary>Runs a benchmark's two sides in turn, so that what the machine does meanwhile meets both.</summary>
internal static class PairRunner
{
    /// <summary>Runs so many pairs.</summary>
    public static async Task<BenchmarkResult> RunAsync(Benchmark benchmark, int pairs)
    {
        benchmark.Prepare?.Invoke();
        await Console.Error.WriteAsync($"{benchmark.Name}: ");
        for (var round = 0; round < benchmark.WarmUps; round++)
        {
            await benchmark.Measured();
        }

        var reference = new List<double>();
        var measured = new List<double>();
        for (var pair = 0; pair < Math.Min(pairs, benchmark.MaxPairs); pair++)
        {
            if (benchmark.Reference is not null)
            {
                reference.Add(await benchmark.Reference());
            }

            measured.Add(await benchmark.Measured());
            await Console.Error.WriteAsync('.');
        }

        await Console.Error.WriteLineAsync();
        return new BenchmarkResult(benchmark, reference, measured);
    }
}
