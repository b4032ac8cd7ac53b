using System.Globalization;

namespace Akka.Configuration;

/// <summary>What is written about one dispatcher, until all of it has been read: settings may come in any order.</summary>
internal sealed class DispatcherSection
{
    private const string Type = "type";
    private const string Throughput = "throughput";
    private const string ThreadCount = "dedicated-thread-pool.thread-count";
    private const string ThreadType = "dedicated-thread-pool.threadtype";
    private const int MostThreads = 1024;

    private readonly Dictionary<string, (string Value, int Line)> _settings = new(StringComparer.Ordinal);

    /// <summary>The settings there are.</summary>
    public static IReadOnlyList<string> Keys { get; } = [ThreadCount, ThreadType, Throughput, Type];

    /// <summary>Takes note of a setting.</summary>
    public void Set(string key, string value, int line) => _settings[key] = (value, line);

    /// <summary>The dispatcher that is described; null for one that gives each actor a thread of its own.</summary>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ConfigurationException">It is none.</exception>
    public ForkJoinSettings? Read(string name)
    {
        var first = _settings.First();
        if (!_settings.TryGetValue(Type, out var type))
        {
            throw ConfigurationException.AtLine(
                first.Value.Line, $"there is '{name}.{first.Key}', but no '{name}.{Type}': it is PinnedDispatcher or ForkJoinDispatcher");
        }

        switch (type.Value)
        {
            case "PinnedDispatcher":
                return _settings.FirstOrDefault(setting => setting.Key != Type) is { Key: { } other } unknown
                    ? throw ConfigurationException.AtLine(unknown.Value.Line, $"a PinnedDispatcher has no setting '{name}.{other}'")
                    : null;
            case "ForkJoinDispatcher":
                RequireBackground(name);
                var throughput = _settings.ContainsKey(Throughput) ? ReadNumber(name, Throughput, int.MaxValue) : ForkJoinSettings.DefaultThroughput;
                return _settings.ContainsKey(ThreadCount)
                    ? new ForkJoinSettings(ReadNumber(name, ThreadCount, MostThreads), throughput)
                    : throw ConfigurationException.AtLine(type.Line, $"'{name}' is a ForkJoinDispatcher and lacks '{ThreadCount} = N'");
            default:
                throw ConfigurationException.AtLine(
                    type.Line, $"{name}.{Type} is '{type.Value}', and only PinnedDispatcher and ForkJoinDispatcher are known");
        }
    }

    private void RequireBackground(string name)
    {
        if (_settings.TryGetValue(ThreadType, out var type) && type.Value != "background")
        {
            throw ConfigurationException.AtLine(type.Line, $"{name}.{ThreadType} is '{type.Value}', and only background is known");
        }
    }

    private int ReadNumber(string name, string key, int most)
    {
        var (value, line) = _settings[key];
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most
            ? number
            : throw ConfigurationException.AtLine(line, $"{name}.{key} is '{value}': write a number from 1 to {most}");
    }
}
