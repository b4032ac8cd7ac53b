using System.Diagnostics;
using System.Text;
using KvmActors.Tests;

namespace KvmActors.Packages.Tests.Support;

/// <summary>What a command wrote, and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Everything, for messages.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{Output}{Error}";
}

/// <summary>Runs commands.</summary>
internal static class Command
{
    private static readonly TimeSpan Limit = TestTime.Seconds(240);

    /// <summary>The .NET that runs these tests.</summary>
    public static string Dotnet { get; } =
        Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet";

    /// <summary>Runs one to its end.</summary>
    /// <param name="environment">What it sees besides this process's variables; null takes a variable away.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="words">The command and its arguments.</param>
    public static async Task<CommandResult> RunAsync(IReadOnlyDictionary<string, string?> environment, string folder, params string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        // What `dotnet test` tells its own builds is not for those that tests begin, and no build may outlive its test.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = ReadAsync(process.StandardOutput);
        var error = ReadAsync(process.StandardError);
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', words)} did not end within {Limit}.", e);
        }

        return new CommandResult(process.ExitCode, await output, await error);
    }

    /// <summary>Runs one that has to end with 0.</summary>
    public static async Task<CommandResult> MustAsync(IReadOnlyDictionary<string, string?> environment, string folder, params string[] words)
    {
        var result = await RunAsync(environment, folder, words);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', words)}: {result}");
        return result;
    }

    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }
}
