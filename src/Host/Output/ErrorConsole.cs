using Spectre.Console;

namespace KvmActors.Host.Output;

/// <summary>Standard error for tables and reports: coloured on a terminal.</summary>
internal static class ErrorConsole
{
    // A file or a pipe has no width; tables in it should not be folded.
    private const int WidthElsewhere = 200;

    /// <summary>Makes it.</summary>
    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsErrorRedirected)
        {
            console.Profile.Width = WidthElsewhere;
        }

        return console;
    }
}
