namespace KvmActors.Host.Compare;

/// <summary>Two runs beside each other.</summary>
/// <param name="First">The first, what was.</param>
/// <param name="Second">The second, what is.</param>
/// <param name="Margin">Differences up to this share are noise, whatever the intervals say.</param>
/// <param name="Rows">What was compared, by group.</param>
internal sealed record Comparison(ComparedRun First, ComparedRun Second, double Margin, IReadOnlyList<ComparedRow> Rows)
{
    /// <summary>The shares of the quantiles that are compared.</summary>
    public const double MedianShare = 0.5, TailShare = 0.99;

    /// <summary>The share by which two runs of the same differ without a cause, as a rule, on a machine that others use too.</summary>
    public const double UsualMargin = 0.1;

    /// <summary>The probability that any interval at all is wrong.</summary>
    public const double Risk = 0.05;

    // Single values, which have no interval; of a fleet nobody reads them.
    private const int MaxInstances = 24;

    /// <summary>Further runs of what the first one was.</summary>
    public IReadOnlyList<ComparedRun> Again { get; private init; } = [];

    /// <summary>Whether something has become slower.</summary>
    public bool IsSlower => Rows.Any(row => row.Verdict is CompareVerdict.Slower or CompareVerdict.Mixed);

    /// <summary>How many rows have a verdict.</summary>
    public int CountOf(CompareVerdict verdict) => Rows.Count(row => row.Verdict == verdict);

    /// <summary>What differs between the runs but should not, for their durations to be compared; a line each.</summary>
    public IEnumerable<string> Warnings =>
        from difference in ((string Name, string First, string Second)[])
            [
                ("scenario", First.Scenario, Second.Scenario),
                ("processor", First.Processor, Second.Processor),
                ("kernel", First.Kernel, Second.Kernel),
                ("KVM", First.KvmModule, Second.KvmModule),
                ("backend", First.Backend, Second.Backend),
            ]
        where difference.First != difference.Second
        select $"the runs differ in their {difference.Name}: {difference.First} and {difference.Second}";

    /// <summary>Compares two runs.</summary>
    /// <param name="first">The first.</param>
    /// <param name="second">The second.</param>
    /// <param name="margin">Differences up to this share are noise.</param>
    /// <param name="again">Further runs of what the first one was: what they differ by is noise, too.</param>
    public static Comparison Of(ComparedRun first, ComparedRun second, double margin, params IReadOnlyList<ComparedRun> again)
    {
        List<ComparedRow> rows = [.. Pairs("Exits", first.Exits, second.Exits), .. Pairs("Hypercalls", first.Hypercalls, second.Hypercalls)];
        rows.AddRange(Pairs("VMs", first.Vms, second.Vms));

        // All intervals hold together: the more there are, the wider is each (Bonferroni). Two for each row, each with two sides.
        var intervals = 2 * Math.Max(1, rows.Count(row => row.IsInBoth));
        var risk = Risk / intervals / 2;
        var instances = Pairs("Instances", first.Instances, second.Instances).ToList();
        return new Comparison(
            first, second, margin,
            [
                .. rows.Select(row => row.Judge(risk, margin, [.. again.SelectMany(run => run.Find(row.Group, row.Name))])),
                .. instances.Count <= 2 * MaxInstances ? instances.Select(row => row.Judge(risk, margin, [])) : [],
            ])
        {
            Again = again,
        };
    }

    private static IEnumerable<ComparedRow> Pairs(
        string group, IReadOnlyList<(string Name, BucketDistribution Durations)> first, IReadOnlyList<(string Name, BucketDistribution Durations)> second)
    {
        var ofFirst = first.DistinctBy(row => row.Name).ToDictionary(row => row.Name, row => row.Durations);
        var ofSecond = second.DistinctBy(row => row.Name).ToDictionary(row => row.Name, row => row.Durations);
        return first.Concat(second)
            .Select(row => row.Name)
            .Distinct()
            .Select(name => new ComparedRow(
                group, name, ofFirst.GetValueOrDefault(name, BucketDistribution.Empty), ofSecond.GetValueOrDefault(name, BucketDistribution.Empty)))
            .Where(row => row.First.Count + row.Second.Count > 0);
    }
}
