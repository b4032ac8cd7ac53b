using System.Globalization;
using System.Text.RegularExpressions;

namespace KvmActors.Host.Configuration.Reading;

/// <summary>How people write durations, everywhere: seconds as a number, or with units, or as a clock does.</summary>
internal static partial class Durations
{
    /// <summary>The ways to write one, for people.</summary>
    public const string Forms = "a number of seconds, or \"250ms\", \"1s\", \"2m\", \"1h\", \"00:00:01\"";

    /// <summary>What a text that is a duration looks like: a regular expression that JSON schemas take, too.</summary>
    public const string Pattern = $"^-?(?:{Number}(?:[eE][+-]?[0-9]+)?|{Units}|{Clock})$";

    private const string Number = "[0-9]+(?:\\.[0-9]+)?";
    private const string FromMicroseconds = $"(?:{Number}us)?";
    private const string FromMilliseconds = $"(?:{Number}ms)?{FromMicroseconds}";
    private const string FromSeconds = $"(?:{Number}s)?{FromMilliseconds}";
    private const string FromMinutes = $"(?:{Number}m)?{FromSeconds}";

    // The larger first, each once.
    private const string Units = $"{Number}d(?:{Number}h)?{FromMinutes}|{Number}h{FromMinutes}|{Number}m{FromSeconds}|{Number}s{FromMilliseconds}"
        + $"|{Number}ms{FromMicroseconds}|{Number}us";

    private const string Clock = "(?:[0-9]+\\.)?[0-9]+:[0-5]?[0-9]:[0-5]?[0-9](?:\\.[0-9]+)?";

    /// <summary>Reads a duration.</summary>
    /// <param name="text"><c>1.5</c> (seconds), <c>250ms</c>, <c>1m30s</c>, <c>00:00:01.5</c>, <c>2.00:00:00</c> (days); a minus makes it negative.</param>
    /// <param name="duration">The duration, to 100 ns.</param>
    /// <returns>False when it is none, or longer than 29,000 years.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var isNegative = text.StartsWith('-');
        if (!DurationPattern().IsMatch(text) || !TryReadTicks(isNegative ? text[1..] : text, out var ticks) || ticks > long.MaxValue)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(isNegative ? -ticks : ticks));
        return true;
    }

    private static bool TryReadTicks(string text, out decimal ticks)
    {
        ticks = 0;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            // Hours may be more than 23: days are what stands before a dot.
            var parts = text.Split(':');
            var days = parts[0].IndexOf('.', StringComparison.Ordinal);
            return (days < 0 || TryAdd(parts[0].AsSpan(0, days), TimeSpan.TicksPerDay, ref ticks))
                && TryAdd(parts[0].AsSpan(days + 1), TimeSpan.TicksPerHour, ref ticks)
                && TryAdd(parts[1], TimeSpan.TicksPerMinute, ref ticks)
                && TryAdd(parts[2], TimeSpan.TicksPerSecond, ref ticks);
        }

        if (char.IsAsciiDigit(text[^1]))
        {
            return TryAdd(text, TimeSpan.TicksPerSecond, ref ticks);
        }

        for (var at = 0; at < text.Length;)
        {
            var unit = at;
            while (!char.IsAsciiLetter(text[unit]))
            {
                unit++;
            }

            var end = unit;
            while (end < text.Length && char.IsAsciiLetter(text[end]))
            {
                end++;
            }

            if (!TryAdd(text.AsSpan(at, unit - at), TicksOf(text.AsSpan(unit, end - unit)), ref ticks))
            {
                return false;
            }

            at = end;
        }

        return true;
    }

    private static long TicksOf(ReadOnlySpan<char> unit) => unit switch
    {
        "d" => TimeSpan.TicksPerDay,
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        _ => TimeSpan.TicksPerMicrosecond,
    };

    private static bool TryAdd(ReadOnlySpan<char> number, long unit, ref decimal ticks)
    {
        const decimal Longest = 1_000_000_000_000;
        if (!decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value > Longest)
        {
            return false;
        }

        ticks += decimal.Round(value * unit);
        return true;
    }

    [GeneratedRegex(Pattern, RegexOptions.NonBacktracking, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DurationPattern();
}
