using System.Diagnostics;
using KvmActors.Layout.Tests;

namespace KvmActors.Library.Tests.Samples;

/// <summary>The samples' programs, as they were built with the tests.</summary>
internal static class SampleProcess
{
    /// <summary>The folder that a sample was built to.</summary>
    public static string Folder(string sample)
    {
        // tests/Library/bin/CONFIGURATION/FRAMEWORK
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Repository.Root, "samples", sample, "bin", framework.Parent!.Name, framework.Name);
    }

    /// <summary>Starts one; whoever asked for it ends it.</summary>
    public static Process Start(string sample, params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", ["exec", Path.Combine(Folder(sample), sample + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder(sample),
        })!;

    /// <summary>Runs one to its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> RunAsync(string sample, params string[] arguments)
    {
        using var process = Start(sample, arguments);
        try
        {
            using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            var error = process.StandardError.ReadToEndAsync(late.Token);
            var output = await process.StandardOutput.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            Assert.True(process.ExitCode == 0, $"{sample} ended with {process.ExitCode}: {output}{await error}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
