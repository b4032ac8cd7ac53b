using System.Diagnostics;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Debian's gdb, in batch mode.</summary>
internal static class Gdb
{
    private static readonly TimeSpan Limit = TestTime.Seconds(120);

    /// <summary>Why there is none; null when there is.</summary>
    public static string? SkipReason { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, "gdb"))) ? null : "looks at a guest with gdb, and none is on PATH: apt-get install gdb";

    /// <summary>Runs commands.</summary>
    /// <param name="arguments">What to open: a program, and a core file.</param>
    /// <param name="commands">Its commands, in order.</param>
    /// <returns>What it said.</returns>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, params string[] commands)
    {
        var start = new ProcessStartInfo("gdb", ["-nx", "-batch", .. commands.SelectMany(command => new[] { "-ex", command }), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new TimeoutException($"gdb did not end within {Limit.TotalSeconds} s", e);
        }

        return await output + await error;
    }
}
