using System.Collections.Immutable;

namespace Akka.Event;

/// <summary>Where a system's log lines go.</summary>
internal sealed class LogSinks(LogLevel minimum, params IEnumerable<Action<LogLine>> sinks)
{
    private ImmutableArray<Action<LogLine>> _sinks = [.. sinks];

    /// <summary>What a system does that nobody told otherwise.</summary>
    public static LogSinks StandardOutput() => new(LogLevel.InfoLevel, Console.Out.WriteLine);

    public void Add(Action<LogLine> sink) => ImmutableInterlocked.Update(ref _sinks, static (all, added) => all.Add(added), sink);

    public bool IsEnabled(LogLevel level) => level >= minimum && !_sinks.IsEmpty;

    public void Write(LogLevel level, string source, Exception? cause, string message)
    {
        if (!IsEnabled(level))
        {
            return;
        }

        var line = new LogLine(level, source, message, cause);
        foreach (var sink in _sinks)
        {
            sink(line);
        }
    }
}

internal sealed record LogLine(LogLevel Level, string Source, string Message, Exception? Cause)
{
    public override string ToString()
    {
        string level = Level.ToString().Replace("Level", "", StringComparison.Ordinal).ToUpperInvariant();
        string cause = Cause is null ? "" : $"{Environment.NewLine}Cause: {Cause}";
        return $"[{level}][{Source}] {Message}{cause}";
    }
}
