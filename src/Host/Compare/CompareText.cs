using System.Globalization;

namespace KvmActors.Host.Compare;

/// <summary>A comparison's figures and verdicts in words.</summary>
internal static class CompareText
{
    /// <summary>A verdict.</summary>
    public static string Of(CompareVerdict verdict) => verdict switch
    {
        CompareVerdict.Slower => "slower",
        CompareVerdict.Faster => "faster",
        CompareVerdict.Mixed => "mixed",
        CompareVerdict.Same => "noise",
        CompareVerdict.Gone => "gone",
        CompareVerdict.New => "new",
        _ => "too few",
    };

    /// <summary>A ratio, for example <c>1.04</c>.</summary>
    public static string Ratio(double ratio) => ratio switch
    {
        < 9.995 => ratio.ToString("0.00", CultureInfo.InvariantCulture),
        < 1000 => ratio.ToString("0", CultureInfo.InvariantCulture),
        _ => "> 1000",
    };

    /// <summary>A ratio's interval, for example <c>(0.98–1.11)</c>.</summary>
    public static string Interval(RatioEstimate ratio) => $"({Ratio(ratio.Low)}–{Ratio(ratio.High)})";

    /// <summary>What came out, in a line.</summary>
    public static string Summary(Comparison comparison)
    {
        var judged = comparison.Rows.Count(row => row.Verdict is CompareVerdict.Same or CompareVerdict.Slower or CompareVerdict.Faster or CompareVerdict.Mixed);
        List<string> parts = [];
        foreach (var verdict in (CompareVerdict[])[CompareVerdict.Slower, CompareVerdict.Faster, CompareVerdict.Mixed])
        {
            if (comparison.CountOf(verdict) is > 0 and var count)
            {
                parts.Add($"{Units.Count(count)} {Of(verdict)}");
            }
        }

        var what = parts.Count == 0 ? "none differ by more than noise" : $"{string.Join(", ", parts)}, the rest noise";
        var noise = comparison.Again.Count == 0
            ? string.Create(CultureInfo.InvariantCulture, $"up to {comparison.Margin:0.#%} is noise")
            : string.Create(CultureInfo.InvariantCulture, $"up to {comparison.Margin:0.#%}, and what {Units.Count(1 + comparison.Again.Count)} runs of A differ by, is noise");
        var advice = parts.Count > 0 && comparison.Again.Count == 0 ? "; --again with another run like A tells what differs by itself" : "";
        return string.Create(CultureInfo.InvariantCulture, $"of {Units.Count(judged)} that can be compared, {what} (intervals hold together at {1 - Comparison.Risk:0%}; {noise}){advice}");
    }
}
