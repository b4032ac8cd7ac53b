using System.Diagnostics;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>What a process wrote and how it ended, byte for byte.</summary>
/// <param name="ExitCode">Its exit code, 128+n when signal n ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record Capture(int ExitCode, byte[] Output, string Error)
{
    private static readonly TimeSpan Limit = TestTime.Seconds(90);

    /// <summary>Runs a program on the host.</summary>
    public static Task<Capture> OnHostAsync(string program, IEnumerable<string> arguments, byte[]? input = null, IReadOnlyDictionary<string, string>? environment = null) =>
        RunAsync(program, arguments, input, environment ?? new Dictionary<string, string>());

    /// <summary>Runs a program in a VM by <c>exec</c>.</summary>
    public static Task<Capture> InVmAsync(IEnumerable<string> arguments, byte[]? input = null) =>
        RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "kvmactors.dll"), .. TestBackend.Arguments(["exec", .. arguments])], input, environment: null);

    private static async Task<Capture> RunAsync(
        string program, IEnumerable<string> arguments, byte[]? input, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (environment is not null)
        {
            // As in a VM, where nothing is inherited.
            start.Environment.Clear();
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            if (input is not null)
            {
                await process.StandardInput.BaseStream.WriteAsync(input, limit.Token);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program that ends without reading all of its input.
        }

        try
        {
            await Task.WhenAll(reading, error, process.WaitForExitAsync(limit.Token));
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', start.ArgumentList)} did not end.", e);
        }

        return new Capture(process.ExitCode, output.ToArray(), await error);
    }
}
