using System.Globalization;

namespace Akka.Event;

/// <summary>How much a log line matters.</summary>
public enum LogLevel
{
    /// <summary>For those who look for a fault.</summary>
    DebugLevel,

    /// <summary>The normal course.</summary>
    InfoLevel,

    /// <summary>Odd, but handled.</summary>
    WarningLevel,

    /// <summary>Something failed.</summary>
    ErrorLevel,
}

/// <summary>Writes log lines for one source.</summary>
public interface ILoggingAdapter
{
    /// <summary>Whether lines of that level are written at all.</summary>
    bool IsEnabled(LogLevel logLevel);

    /// <summary>Writes one line.</summary>
    internal void Write(LogLevel logLevel, Exception? cause, string format, object?[] args);
}

internal sealed class LoggingAdapter(LogSinks sinks, string source) : ILoggingAdapter
{
    public bool IsEnabled(LogLevel logLevel) => sinks.IsEnabled(logLevel);

    public void Write(LogLevel logLevel, Exception? cause, string format, object?[] args)
    {
        if (IsEnabled(logLevel))
        {
            sinks.Write(logLevel, source, cause, args.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, args));
        }
    }
}
