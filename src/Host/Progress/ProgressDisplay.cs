using System.Diagnostics;
using KvmActors.Actors.Services;
using KvmActors.Host.Output;
using KvmActors.Host.Running;
using KvmActors.Interop.Files;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Progress;

/// <summary>
/// Shows how far a scenario is while it runs: a status line where standard error is a terminal, a plain line every few seconds
/// where it is not. Short runs show nothing.
/// </summary>
internal sealed class ProgressDisplay : IAsyncDisposable
{
    private const int DefaultWidth = 80;

    private static readonly TimeSpan UntilFirst = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan BetweenRefreshes = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenReadings = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenPlainLines = TimeSpan.FromSeconds(5);

    private readonly ScenarioProgress _progress;
    private readonly TextWriter _error = Console.Error;
    private readonly StatusLine? _line;
    private readonly CancellationTokenSource _end = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Task _showing;
    private readonly IDisposable? _farewell;

    private ProgressDisplay(ScenarioProgress progress, StatusLine? line)
    {
        _progress = progress;
        _line = line;
        _farewell = line is null ? null : StopSignals.BeforeEndingAtOnce(line.Abandon);
        _showing = line is null ? ShowPlainLinesAsync() : ShowStatusLineAsync(line);
    }

    /// <summary>Starts showing.</summary>
    /// <param name="progress">How far the scenario is.</param>
    /// <param name="output">Where guests' output goes; replaced by what makes the status line give way to it.</param>
    public static ProgressDisplay Start(ScenarioProgress progress, ref IGuestOutput output)
    {
        if (Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
        {
            return new ProgressDisplay(progress, null);
        }

        var terminal = Console.Error;
        var line = new StatusLine(WriteTo(terminal), TerminalWidth);
        output = new StatusLineOutput(output, line, sharesOutput: !Console.IsOutputRedirected);
        var display = new ProgressDisplay(progress, line);
        Console.SetError(new StatusLineWriter(terminal, line));
        return display;
    }

    /// <summary>Stops showing, and leaves nothing of a status line behind.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _showing;
        if (_line is not null)
        {
            _line.Dispose();
            _farewell?.Dispose();
            Console.SetError(_error);
        }

        _end.Dispose();
    }

    // A vCPU's thread waits for the terminal only until its VM is told to stop; others until the process is.
    private static Action<string, VmStopSignal?> WriteTo(TextWriter terminal) => (text, stop) =>
    {
        if (stop is null)
        {
            terminal.Write(text);
            terminal.Flush();
        }
        else
        {
            _ = ProcessOutput.WriteAll(HostOutput.Error, terminal.Encoding.GetBytes(text), stop);
        }
    };

    private static int TerminalWidth() =>
        HostTerminal.GetSize(HostOutput.Error, out var size) == 0 && size.ws_col > 0 ? size.ws_col : DefaultWidth;

    private async Task ShowStatusLineAsync(StatusLine line)
    {
        var last = (Time: _started, Exits: 0L);
        if (!await WaitAsync(UntilFirst))
        {
            return;
        }

        do
        {
            if (last.Time == _started || Stopwatch.GetElapsedTime(last.Time) >= BetweenReadings)
            {
                line.Show(Read(ref last));
            }
            else
            {
                line.Refresh();
            }
        }
        while (await WaitAsync(BetweenRefreshes));
    }

    private async Task ShowPlainLinesAsync()
    {
        var last = (Time: _started, Exits: 0L);
        while (await WaitAsync(BetweenPlainLines))
        {
            await _error.WriteLineAsync($"kvmactors: {Read(ref last)}");
        }
    }

    private string Read(ref (long Time, long Exits) last)
    {
        var now = _progress.Read();
        var time = Stopwatch.GetTimestamp();
        var rate = (now.Exits - last.Exits) / Stopwatch.GetElapsedTime(last.Time, time).TotalSeconds;
        last = (time, now.Exits);
        return ProgressText.Format(now, Stopwatch.GetElapsedTime(_started, time), Math.Max(0, rate));
    }

    private async Task<bool> WaitAsync(TimeSpan time)
    {
        await Task.Delay(time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_end.IsCancellationRequested;
    }
}
