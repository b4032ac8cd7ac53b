using System.Diagnostics;
using KvmActors.Host.Output;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Progress;

/// <summary>
/// One line at the bottom of a terminal that makes way: whoever writes to the terminal does so between <see cref="TryBegin"/> and
/// <see cref="End"/>, in which the line is gone. While the last thing written is half a line, it stays away. Any thread.
/// </summary>
/// <param name="write">Writes to the terminal; who writes for a VM does not wait for it once that was told to stop.</param>
/// <param name="width">How many columns it has, asked at each drawing.</param>
internal sealed class StatusLine(Action<string, VmStopSignal?> write, Func<int> width) : IDisposable
{
    // Carriage return; erase the line (ECMA-48 EL 2).
    private const string Erase = "\r\e[2K";

    private static readonly TimeSpan LeastBetweenDrawings = TimeSpan.FromMilliseconds(50);

    // A write takes no time, but may wait for a terminal that is stuck.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromMilliseconds(50);

    private readonly StreamTurn _turn = new();
    private string? _text;
    private bool _isShown;
    private bool _inLine;
    private bool _ended;
    private long _drawn;

    /// <summary>Shows another text.</summary>
    public void Show(string text)
    {
        _turn.TryEnter(stop: null);
        try
        {
            _text = text;
            Draw(stop: null);
        }
        finally
        {
            _turn.Leave();
        }
    }

    /// <summary>Shows the line again if output has taken its place.</summary>
    public void Refresh()
    {
        _turn.TryEnter(stop: null);
        try
        {
            if (!_isShown)
            {
                Draw(stop: null);
            }
        }
        finally
        {
            _turn.Leave();
        }
    }

    /// <summary>Takes the line away and keeps it away until <see cref="End"/>.</summary>
    /// <param name="stop">What ends the wait for others who write; null for nothing.</param>
    /// <returns>False when it was stopped: then there is no <see cref="End"/>.</returns>
    public bool TryBegin(VmStopSignal? stop = null)
    {
        if (!_turn.TryEnter(stop))
        {
            return false;
        }

        if (_isShown)
        {
            write(Erase, stop);
            _isShown = false;
        }

        return true;
    }

    /// <summary>Lets the line come back.</summary>
    /// <param name="inLine">Whether what was written ended within a line.</param>
    /// <param name="stop">What ends the wait for the terminal; null for nothing.</param>
    public void End(bool inLine, VmStopSignal? stop = null)
    {
        try
        {
            _inLine = inLine;

            // Much output would otherwise cost a drawing each; the next refresh is soon.
            if (_text is not null && Stopwatch.GetElapsedTime(_drawn) >= LeastBetweenDrawings)
            {
                Draw(stop);
            }
        }
        finally
        {
            _turn.Leave();
        }
    }

    /// <summary>Takes the line away for good.</summary>
    public void Dispose() => Abandon();

    /// <summary>Takes the line away, unless somebody who writes to the terminal is stuck there. For the end of the process.</summary>
    public void Abandon()
    {
        if (_turn.TryEnter(LongestFarewell))
        {
            if (_isShown)
            {
                write(Erase, null);
                _isShown = false;
            }

            _ended = true;
            _turn.Leave();
        }
    }

    private void Draw(VmStopSignal? stop)
    {
        if (_text is null || _inLine || _ended)
        {
            return;
        }

        // The last column stays free: some terminals go to the next line when it is written.
        var room = Math.Max(0, width() - 1);
        write(Erase + (_text.Length <= room ? _text : _text[..room]), stop);
        _isShown = true;
        _drawn = Stopwatch.GetTimestamp();
    }
}
