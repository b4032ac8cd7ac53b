using System.Diagnostics;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The program on a pseudo-terminal, with its three streams.</summary>
internal static class HostOnTerminal
{
    /// <summary>Runs it.</summary>
    /// <returns>What the terminal was sent.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        var command = string.Join(' ', arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "kvmactors.dll")).Prepend("dotnet").Select(word => $"'{word}'"));
        using var process = Process.Start(new ProcessStartInfo(TerminalFactAttribute.Path!, ["-q", "-e", "-c", command, "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            Environment = { ["TERM"] = "xterm" },
        })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var seen = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return seen;
    }
}

/// <summary>A test that needs KVM and a pseudo-terminal, which <c>script</c> makes.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TerminalFactAttribute : FactAttribute
{
    public TerminalFactAttribute() => Skip = KvmRequirement.SkipReason
        ?? (Path is null ? "no script(1) on PATH: apt-get install bsdutils" : null);

    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => System.IO.Path.Combine(folder, "script"))
        .FirstOrDefault(File.Exists);
}
