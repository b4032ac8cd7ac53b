namespace KvmActors.Host.Report;

/// <summary>
/// How histograms are laid out. Each is drawn twice: for a page, and for a telephone, where the names stand above the bars and
/// the letters keep their size. The style sheet shows the one that fits.
/// </summary>
/// <param name="Class">The figure's class.</param>
/// <param name="Width">Of the drawing.</param>
/// <param name="Left">Where bars begin.</param>
/// <param name="Right">Room behind the bars.</param>
/// <param name="NameRoom">Room for a row's name above it; 0 where it stands before the bars.</param>
internal sealed record ChartLayout(string Class, double Width, double Left, double Right, double NameRoom)
{
    /// <summary>For a page.</summary>
    public static ChartLayout Wide { get; } = new("wide", 1040, 150, 20, 0);

    /// <summary>For a telephone.</summary>
    public static ChartLayout Narrow { get; } = new("narrow", 330, 4, 6, 20);

    /// <summary>Both.</summary>
    public static IReadOnlyList<ChartLayout> All { get; } = [Wide, Narrow];

    /// <summary>The axis that covers durations from the shortest to the longest, in nanoseconds.</summary>
    public LogScale Scale(double shortest, double longest) => LogScale.Covering(shortest, longest, Left, Width - Left - Right);
}
