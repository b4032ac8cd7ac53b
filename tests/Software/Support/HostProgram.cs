using System.Diagnostics;

namespace KvmActors.Software.Tests.Support;

/// <summary>A program run on this machine's processor.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Text">What it wrote to its standard output.</param>
/// <param name="Error">What it wrote to its standard error.</param>
internal sealed record HostProgram(int Status, string Text, string Error)
{
    /// <summary>Runs one to its end, with nothing in its environment and an empty standard input.</summary>
    public static HostProgram Run(string path, params IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(path, words)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new HostProgram(process.ExitCode, text, error.GetAwaiter().GetResult());
    }
}
