namespace KvmActors.Bench.Measuring;

/// <summary>What a benchmark has to reach.</summary>
/// <param name="Limit">The bound, for the ratio, or for the figure itself where there is no reference.</param>
/// <param name="IsMinimum">Whether it is the least allowed instead of the most.</param>
internal sealed record Bar(double Limit, bool IsMinimum = false)
{
    /// <summary>Whether a value reaches it.</summary>
    public bool IsMetBy(double value) => IsMinimum ? value >= Limit : value <= Limit;
}

/// <summary>Two things that are measured in turn; or one alone, where only its own figure matters.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Description">What is compared with what, in a line.</param>
/// <param name="Unit">The unit of both figures.</param>
/// <param name="Measured">Measures the program once.</param>
internal sealed record Benchmark(string Name, string Description, string Unit, Func<Task<double>> Measured)
{
    /// <summary>Measures what it is compared with once; null where there is nothing.</summary>
    public Func<Task<double>>? Reference { get; init; }

    /// <summary>What it has to reach; null where it is for information.</summary>
    public Bar? Bar { get; init; }

    /// <summary>How often the program runs unmeasured first, so that its code is compiled.</summary>
    public int WarmUps { get; init; } = 1;

    /// <summary>How often it is measured at the most, because once takes long and measures many.</summary>
    public int MaxPairs { get; init; } = int.MaxValue;

    /// <summary>Says what has to be installed first, and how; null for nothing.</summary>
    public Func<string?>? Missing { get; init; }

    /// <summary>Whether it needs KVM, and the C reference that uses it.</summary>
    public bool NeedsKvm { get; init; } = true;

    /// <summary>Makes ready what it needs; called once, before its first measurement.</summary>
    public Action? Prepare { get; init; }
}

/// <summary>It cannot be measured here; the message says what to do.</summary>
internal sealed class MeasurementException(string message) : Exception(message);
