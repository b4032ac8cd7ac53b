namespace Akka.Configuration;

/// <summary>Settings by path, such as <c>vcpu-dispatcher.type</c>.</summary>
public class Config
{
    private readonly Dictionary<string, string> _values;

    internal Config(Dictionary<string, string> values)
    {
        _values = values;
    }

    /// <summary>No settings.</summary>
    public static Config Empty { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Reads HOCON. See <see cref="ConfigurationFactory.ParseString"/>.</summary>
    public static implicit operator Config(string hocon) => ConfigurationFactory.ParseString(hocon);

    /// <summary>These settings, and those of <paramref name="fallback"/> where these have none.</summary>
    public Config WithFallback(Config fallback)
    {
        ArgumentNullException.ThrowIfNull(fallback);
        var merged = new Dictionary<string, string>(fallback._values, StringComparer.Ordinal);
        foreach ((string path, string value) in _values)
        {
            merged[path] = value;
        }

        return new Config(merged);
    }

    /// <summary>Whether there is a setting or a section at that path.</summary>
    public bool HasPath(string path) =>
        _values.ContainsKey(path) || _values.Keys.Any(key => key.StartsWith(path + ".", StringComparison.Ordinal));

    /// <summary>The setting at that path, or <paramref name="default"/>.</summary>
    public string? GetString(string path, string? @default = null) => _values.GetValueOrDefault(path, @default!);
}

/// <summary>Where configurations come from.</summary>
public static class ConfigurationFactory
{
    /// <summary>
    /// Reads the part of HOCON that names dispatchers: sections in braces, dotted keys, <c>=</c> or <c>:</c>, strings with
    /// or without quotes, lists as text, comments with <c>#</c> or <c>//</c>.
    /// </summary>
    /// <exception cref="ConfigurationException">The text is malformed.</exception>
    public static Config ParseString(string hocon)
    {
        ArgumentNullException.ThrowIfNull(hocon);
        return new Config(new HoconReader(hocon).Read());
    }
}
