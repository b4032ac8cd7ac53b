using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Akka.Hosting;

/// <summary>Passes a system's log lines to .NET's logging.</summary>
internal static partial class LoggerFactorySink
{
    public static void Write(ILogger logger, LogLine line) => Write(
        logger,
        line.Level switch
        {
            Event.LogLevel.DebugLevel => LogLevel.Debug,
            Event.LogLevel.InfoLevel => LogLevel.Information,
            Event.LogLevel.WarningLevel => LogLevel.Warning,
            _ => LogLevel.Error,
        },
        line.Source,
        line.Message,
        line.Cause);

    [LoggerMessage(Message = "[{Source}] {Text}")]
    private static partial void Write(ILogger logger, LogLevel level, string source, string text, Exception? cause);
}
