using System.Diagnostics;
using System.Text;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The program on a pseudo-terminal, with its three streams.</summary>
internal static class HostOnTerminal
{
    /// <summary>Runs it.</summary>
    /// <returns>What the terminal was sent.</returns>
    public static Task<string> RunAsync(params string[] arguments) => ScriptAsync(CommandOf(arguments), []);

    /// <summary>The command that runs it, for a shell; no word has a quote in it.</summary>
    public static string CommandOf(params string[] arguments) =>
        string.Join(' ', TestBackend.Arguments(arguments).Prepend(Path.Combine(AppContext.BaseDirectory, "kvmactors.dll")).Prepend("dotnet").Select(word => $"'{word}'"));

    /// <summary>Has a shell run commands there.</summary>
    /// <param name="command">The commands.</param>
    /// <param name="dialogue">What is typed, each when the terminal was sent the text before it, in this order.</param>
    /// <returns>What the terminal was sent.</returns>
    public static async Task<string> ScriptAsync(string command, IReadOnlyList<(string Awaited, string Typed)> dialogue)
    {
        using var process = Process.Start(new ProcessStartInfo(TerminalFactAttribute.Path!, ["-q", "-e", "-c", command, "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            Environment = { ["TERM"] = "xterm" },
        })!;
        using var limit = new CancellationTokenSource(TestTime.Seconds(60));
        var seen = new StringBuilder();
        foreach (var (awaited, typed) in dialogue)
        {
            var from = seen.Length;
            while (seen.ToString(from, seen.Length - from).IndexOf(awaited, StringComparison.Ordinal) < 0)
            {
                await ReadSomeAsync(process.StandardOutput, seen, limit.Token);
            }

            await process.StandardInput.WriteAsync(typed.AsMemory(), limit.Token);
            await process.StandardInput.FlushAsync(limit.Token);
        }

        seen.Append(await process.StandardOutput.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return seen.ToString();
    }

    private static async Task ReadSomeAsync(StreamReader output, StringBuilder seen, CancellationToken limit)
    {
        var some = new char[4096];
        var count = await output.ReadAsync(some, limit);
        Assert.True(count > 0, $"the terminal was closed after: {seen}");
        seen.Append(some, 0, count);
    }
}

/// <summary>A test on each backend that needs a pseudo-terminal, which <c>script</c> makes.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TerminalFactAttribute : VmFactAttribute
{
    public TerminalFactAttribute() => Skip = Path is null ? "no script(1) on PATH: apt-get install bsdutils" : null;

    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => System.IO.Path.Combine(folder, "script"))
        .FirstOrDefault(File.Exists);
}
