using System.Diagnostics;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Tools that tests need beside a compiler: found on PATH, or installed by apt where this process may.</summary>
internal static class AptPackage
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly Lock Gate = new();

    /// <summary>Says why a tool cannot be had; null when it is there.</summary>
    /// <param name="tool">What is to be on PATH.</param>
    /// <param name="package">What brings it.</param>
    public static string? FindProblem(string tool, string package)
    {
        lock (Gate)
        {
            return IsOnPath(tool) || (TryInstall(package) && IsOnPath(tool)) ? null : $"needs {tool}, which is not on PATH and could not be installed: apt-get install {package}";
        }
    }

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static bool TryInstall(string package) =>
        Environment.IsPrivilegedProcess && IsOnPath("apt-get")
            && (Run("install", "-qy", "--no-install-recommends", package) || (Run("update", "-q") && Run("install", "-qy", "--no-install-recommends", package)));

    private static bool Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("apt-get", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (process.WaitForExit(Limit))
        {
            output.Wait();
            return process.ExitCode == 0;
        }

        process.Kill();
        return false;
    }
}
