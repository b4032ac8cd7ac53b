using System.Diagnostics;

namespace KvmActors.Host.Progress;

/// <summary>
/// One line at the bottom of a terminal that makes way: whoever writes to the terminal does so between <see cref="Begin"/> and
/// <see cref="End"/>, in which the line is gone. While the last thing written is half a line, it stays away. Any thread.
/// </summary>
/// <param name="terminal">The terminal.</param>
/// <param name="width">How many columns it has, asked at each drawing.</param>
internal sealed class StatusLine(TextWriter terminal, Func<int> width) : IDisposable
{
    // Carriage return; erase the line (ECMA-48 EL 2).
    private const string Erase = "\r\e[2K";

    private static readonly TimeSpan LeastBetweenDrawings = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private string? _text;
    private bool _isShown;
    private bool _inLine;
    private bool _ended;
    private long _drawn;

    /// <summary>Shows another text.</summary>
    public void Show(string text)
    {
        lock (_gate)
        {
            _text = text;
            Draw();
        }
    }

    /// <summary>Shows the line again if output has taken its place.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (!_isShown)
            {
                Draw();
            }
        }
    }

    /// <summary>Takes the line away and keeps it away until <see cref="End"/>.</summary>
    public void Begin()
    {
        _gate.Enter();
        if (_isShown)
        {
            terminal.Write(Erase);
            terminal.Flush();
            _isShown = false;
        }
    }

    /// <summary>Lets the line come back.</summary>
    /// <param name="inLine">Whether what was written ended within a line.</param>
    public void End(bool inLine)
    {
        try
        {
            _inLine = inLine;

            // Much output would otherwise cost a drawing each; the next refresh is soon.
            if (_text is not null && Stopwatch.GetElapsedTime(_drawn) >= LeastBetweenDrawings)
            {
                Draw();
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Takes the line away for good.</summary>
    public void Dispose()
    {
        Begin();
        _ended = true;
        _gate.Exit();
    }

    /// <summary>Takes the line away, unless somebody who writes to the terminal is stuck there. For the end of the process.</summary>
    public void Abandon()
    {
        if (_gate.TryEnter(LeastBetweenDrawings))
        {
            if (_isShown)
            {
                terminal.Write(Erase);
                terminal.Flush();
            }

            _ended = true;
            _gate.Exit();
        }
    }

    private void Draw()
    {
        if (_text is null || _inLine || _ended)
        {
            return;
        }

        // The last column stays free: some terminals go to the next line when it is written.
        var room = Math.Max(0, width() - 1);
        terminal.Write(Erase + (_text.Length <= room ? _text : _text[..room]));
        terminal.Flush();
        _isShown = true;
        _drawn = Stopwatch.GetTimestamp();
    }
}
