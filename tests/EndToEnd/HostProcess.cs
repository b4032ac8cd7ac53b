using System.Diagnostics;
using System.Text;
using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd;

/// <summary>The program as users run it: a process of its own, with its streams and its exit code.</summary>
internal sealed class HostProcess : IDisposable
{
    private static readonly TimeSpan Limit = TestTime.Seconds(60);

    // Beside the tests, or in a folder of its own where they bring a framework that it does not run on.
    private static readonly string Program = new[] { "host/kvmactors.dll", "kvmactors.dll" }
        .Select(file => Path.Combine(AppContext.BaseDirectory, file)).First(File.Exists);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private HostProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet",
            [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>What it has written to standard error so far.</summary>
    public string Error => Read(_error);

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    public static HostProcess Start(params string[] arguments) => new(arguments, null);

    public static async Task<HostProcess> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var process = new HostProcess(arguments, environment);
        await process.WaitAsync();
        return process;
    }

    public static async Task<HostProcess> RunAsync(params string[] arguments)
    {
        var process = Start(arguments);
        await process.WaitAsync();
        return process;
    }

    /// <summary>Runs with <c>--json</c> and reads what it wrote.</summary>
    public static async Task<(HostProcess Process, JsonElement Results)> RunJsonAsync(params string[] arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            var process = await RunAsync([.. arguments, "--json", file]);
            using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
            return (process, document.RootElement.Clone());
        }
        finally
        {
            File.Delete(file);
        }
    }

    public async Task WaitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            _process.Kill();
            throw new TimeoutException($"The program did not end.\n{Output}\n{Error}", e);
        }
    }

    /// <summary>Waits until it has written a line so many times.</summary>
    public async Task WaitForLinesAsync(string line, int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (Output.Split('\n').Count(written => written == line) < count)
        {
            Assert.False(_process.HasExited, Error);
            await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
        }
    }

    /// <summary>Sends a signal, as Ctrl-C does SIGINT.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
