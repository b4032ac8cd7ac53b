using System.Globalization;

namespace KvmActors.Library.Checking;

/// <summary>Collects what is wrong with a configuration, so that people see all of it at once.</summary>
/// <param name="keyName">What people call a key, where they do not write the key itself; null where they do.</param>
internal sealed class Problems(Func<string, string>? keyName = null)
{
    private readonly List<string> _lines = [];

    /// <summary>How many there are.</summary>
    public int Count => _lines.Count;

    /// <summary>All of them, in one line.</summary>
    public string Text => string.Join("; ", _lines);

    /// <summary>Adds a problem with a key.</summary>
    public void Add(string key, string problem) => _lines.Add($"{keyName?.Invoke(key) ?? key}: {problem}");

    /// <summary>Adds a problem that says itself what it is about.</summary>
    public void AddLine(string problem) => _lines.Add(problem);

    /// <summary>Adds a problem where a number is out of range.</summary>
    public void CheckRange(string key, long value, long minimum, long maximum)
    {
        if (value < minimum || value > maximum)
        {
            Add(key, $"{value} is not from {minimum} to {maximum}");
        }
    }

    /// <summary>Reads a number, decimal or with 0x; a missing one is 0.</summary>
    public ulong ReadNumber(string key, string? text)
    {
        if (text is null)
        {
            return 0;
        }

        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!ulong.TryParse(isHex ? text.AsSpan(2) : text, style, CultureInfo.InvariantCulture, out var value))
        {
            Add(key, $"'{text}' is no number; write it like 4096 or \"0x1000\"");
        }

        return value;
    }

    /// <summary>Reads one of an enumeration's names, in any case.</summary>
    public T ReadName<T>(string key, string? text)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        var known = string.Join(", ", Enum.GetNames<T>());
        Add(key, text is null ? $"missing; use one of {known}" : $"'{text}' is unknown; use one of {known}");
        return default;
    }

    /// <summary>Ends the reading when anything is wrong.</summary>
    /// <exception cref="ConfigurationException">Something is.</exception>
    public void ThrowIfAny()
    {
        if (_lines.Count > 0)
        {
            throw new ConfigurationException([.. _lines]);
        }
    }
}
