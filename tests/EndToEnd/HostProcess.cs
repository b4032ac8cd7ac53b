using System.Diagnostics;
using System.Text;
using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

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

    private HostProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? shell = null)
    {
        string[] words = [Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet", Program, .. TestBackend.Arguments(arguments)];
        var start = new ProcessStartInfo(
            shell is null ? words[0] : "sh",
            shell is null ? words[1..] : ["-c", shell, "sh", .. words])
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

    /// <summary>Where the program is.</summary>
    public static string Folder => Path.GetDirectoryName(Program)!;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>What it has written to standard error so far.</summary>
    public string Error => Read(_error);

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    public static HostProcess Start(params string[] arguments) => new(arguments, null);

    public static HostProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(arguments, environment);

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

    /// <summary>Starts by a shell's command, in which <c>"$@"</c> is the program and its arguments: <c>exec "$@" 2&gt;&amp;-</c>.</summary>
    public static HostProcess StartByShell(string command, params string[] arguments) => new(arguments, null, command);

    /// <summary>Runs by a shell's command.</summary>
    public static async Task<HostProcess> RunByShellAsync(string command, params string[] arguments)
    {
        var process = StartByShell(command, arguments);
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

    /// <summary>Waits for its end, for as long as it gets on with its work.</summary>
    public Task WaitAsync() => WaitWhileItGetsOnAsync(() => _process.HasExited, "did not end");

    /// <summary>Waits until it has written a line so many times, for as long as it gets on with its work.</summary>
    public async Task WaitForLinesAsync(string line, int count)
    {
        await WaitWhileItGetsOnAsync(() => _process.HasExited || Lines(line) >= count, $"did not write '{line}' {count} times");
        Assert.True(Lines(line) >= count, Error);
    }

    private int Lines(string line) => Output.Split('\n').Count(written => written == line);

    // A hang is told from slowness: a busy machine may take any time, but something has to come of it.
    private async Task WaitWhileItGetsOnAsync(Func<bool> isDone, string complaint)
    {
        var last = Progress();
        var since = Stopwatch.GetTimestamp();
        var exited = _process.WaitForExitAsync();
        while (!isDone())
        {
            await Task.WhenAny(exited, Task.Delay(TimeSpan.FromMilliseconds(50)));
            var now = Progress();
            if (now != last)
            {
                (last, since) = (now, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(since) > Limit)
            {
                _process.Kill();
                throw new TimeoutException($"The program {complaint}, and nothing came of it for {Limit.TotalSeconds} s.\n{Output}\n{Error}");
            }
        }

        if (_process.HasExited)
        {
            // What it wrote last may still be on its way.
            await exited;
        }
    }

    // What it has written. A guest that spins for ever writes nothing, whatever time its process takes.
    private (int Output, int Error) Progress()
    {
        lock (_output)
        {
            lock (_error)
            {
                return (_output.Length, _error.Length);
            }
        }
    }

    /// <summary>Sends a signal, as Ctrl-C does SIGINT.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>How many vCPUs it has: KVM's by their descriptors, those in software by their threads.</summary>
    public int Vcpus()
    {
        try
        {
            if (TestBackend.IsSoftware)
            {
                return Directory.EnumerateDirectories($"/proc/{Id}/task").Count(
                    thread => File.ReadAllText(Path.Combine(thread, "comm")).StartsWith("vcpu-", StringComparison.Ordinal));
            }

            return Directory.EnumerateFiles($"/proc/{Id}/fd").Count(file => new FileInfo(file).LinkTarget?.Contains("kvm-vcpu", StringComparison.Ordinal) == true);
        }
        catch (IOException)
        {
            return 0;
        }
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
