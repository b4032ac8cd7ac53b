using System.Text.Json;

namespace KvmActors.Bench.Measuring;

/// <summary>Writes the results, for people and for programs.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Says what the figures are measured on.</summary>
    public static void WriteMachine(TextWriter writer, HostMachine machine, int pairs)
    {
        writer.WriteLine($"{machine.Cpu}, {machine.Cores} processors, {machine.MemoryMiB} MiB, Linux {machine.Kernel}");
        writer.WriteLine($"{machine.Virtualization}; {machine.Runtime}; {pairs} pairs; load {machine.Load}, {machine.Busy:P0} busy");
        WarnWhenBusy("before", machine.Busy);
        writer.WriteLine();
    }

    /// <summary>Says when others used the machine, to whoever watches.</summary>
    /// <param name="when">When that was.</param>
    /// <param name="busy">The share of its processors' time.</param>
    public static void WarnWhenBusy(string when, double busy)
    {
        if (busy > HostMachine.MaxBusy)
        {
            Console.Error.WriteLine($"bench: warning: {busy:P0} of the processors' time was taken just {when} the run: ratios are less certain, figures much less");
        }
    }

    /// <summary>Writes a row for each benchmark.</summary>
    public static void WriteTable(TextWriter writer, IReadOnlyList<BenchmarkResult> results)
    {
        writer.WriteLine();
        writer.WriteLine("| Benchmark | Reference | KvmActors | Unit | Median ratio | Quartiles | 95 % of the median | Bar | |");
        writer.WriteLine("| --- | ---: | ---: | --- | ---: | --- | --- | --- | --- |");
        foreach (var result in results)
        {
            var hasReference = result.Reference.Count > 0;
            var reference = hasReference ? Figure(Spread.Of(result.Reference).Median) : "";
            var spread = result.Spread;
            var bar = result.Benchmark.Bar is { } limit ? $"{(limit.IsMinimum ? "≥" : "≤")} {limit.Limit}" : "";
            var verdict = result.MeetsBar switch { true => "met", false => "**missed**", null => "" };
            writer.WriteLine(
                $"| {result.Benchmark.Name} | {reference} | {Figure(Spread.Of(result.Measured).Median)} | {result.Benchmark.Unit} "
                + $"| {(hasReference ? Figure(spread.Median) : "")} | {Figure(spread.LowerQuartile)} – {Figure(spread.UpperQuartile)} "
                + $"| {Figure(spread.Low)} – {Figure(spread.High)} | {bar} | {verdict} |");
        }

        writer.WriteLine();
        foreach (var benchmark in results.Select(result => result.Benchmark))
        {
            writer.WriteLine($"{benchmark.Name}: {benchmark.Description}");
        }
    }

    /// <summary>Writes everything, each figure included.</summary>
    public static void WriteJson(Stream stream, HostMachine machine, int pairs, IReadOnlyList<BenchmarkResult> results) =>
        JsonSerializer.Serialize(
            stream,
            new
            {
                machine,
                pairs,
                benchmarks = results.Select(result => new
                {
                    result.Benchmark.Name,
                    result.Benchmark.Description,
                    result.Benchmark.Unit,
                    result.Reference,
                    result.Measured,
                    result.Ratios,
                    result.Spread,
                    result.Benchmark.Bar,
                    result.MeetsBar,
                }),
            },
            Indented);

    private static string Figure(double value) => Math.Abs(value) switch
    {
        >= 1000 => $"{value:F0}",
        >= 100 => $"{value:F1}",
        >= 10 => $"{value:F2}",
        _ => $"{value:F3}",
    };
}
