using System.Globalization;

namespace KvmActors.Host.CommandLine;

/// <summary>How people write memory (<c>--memory</c>): <c>512</c> is MiB, as it always was here; <c>512m</c> and <c>1g</c> as docker has them.</summary>
internal static class MemorySizeText
{
    private const long MiB = 1 << 20;

    /// <summary>Reads one.</summary>
    /// <returns>MiB; null when it is none, or no whole number of them.</returns>
    public static int? Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var plain))
        {
            return plain;
        }

        var digits = text.AsSpan().TrimEnd("bBiIkKmMgGtT");
        long? unit = text[digits.Length..].ToUpperInvariant() switch
        {
            "B" => 1,
            "K" or "KB" or "KIB" => 1L << 10,
            "M" or "MB" or "MIB" => MiB,
            "G" or "GB" or "GIB" => 1L << 30,
            "T" or "TB" or "TIB" => 1L << 40,
            _ => null,
        };
        return unit is { } size && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= long.MaxValue / size && number * size / MiB is var whole && whole == decimal.Truncate(whole) && whole <= int.MaxValue
            ? (int)whole : null;
    }
}
