using Akka.Actor;

namespace Akka.Event;

/// <summary>Where logs come from.</summary>
public static class Logging
{
    /// <summary>The log of the actor whose context this is.</summary>
    public static ILoggingAdapter GetLogger(this IActorContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new LoggingAdapter(((ActorSystemImpl)context.System).Logs, context.Self.Path.ToString());
    }
}

/// <summary>Writing log lines. Formats are those of <see cref="string.Format(string, object?[])"/>.</summary>
public static class LoggingExtensions
{
    /// <summary>Writes a line for those who look for a fault.</summary>
    public static void Debug(this ILoggingAdapter log, string format, params object?[] args) =>
        Write(log, LogLevel.DebugLevel, null, format, args);

    /// <summary>Writes a line, with an exception, for those who look for a fault.</summary>
    public static void Debug(this ILoggingAdapter log, Exception? cause, string format, params object?[] args) =>
        Write(log, LogLevel.DebugLevel, cause, format, args);

    /// <summary>Writes a line about the normal course.</summary>
    public static void Info(this ILoggingAdapter log, string format, params object?[] args) =>
        Write(log, LogLevel.InfoLevel, null, format, args);

    /// <summary>Writes a line, with an exception, about the normal course.</summary>
    public static void Info(this ILoggingAdapter log, Exception? cause, string format, params object?[] args) =>
        Write(log, LogLevel.InfoLevel, cause, format, args);

    /// <summary>Writes a line about something odd.</summary>
    public static void Warning(this ILoggingAdapter log, string format, params object?[] args) =>
        Write(log, LogLevel.WarningLevel, null, format, args);

    /// <summary>Writes a line, with an exception, about something odd.</summary>
    public static void Warning(this ILoggingAdapter log, Exception? cause, string format, params object?[] args) =>
        Write(log, LogLevel.WarningLevel, cause, format, args);

    /// <summary>Writes a line about something that failed.</summary>
    public static void Error(this ILoggingAdapter log, string format, params object?[] args) =>
        Write(log, LogLevel.ErrorLevel, null, format, args);

    /// <summary>Writes a line, with an exception, about something that failed.</summary>
    public static void Error(this ILoggingAdapter log, Exception? cause, string format, params object?[] args) =>
        Write(log, LogLevel.ErrorLevel, cause, format, args);

    private static void Write(ILoggingAdapter log, LogLevel level, Exception? cause, string format, object?[] args)
    {
        ArgumentNullException.ThrowIfNull(log);
        log.Write(level, cause, format, args);
    }
}
