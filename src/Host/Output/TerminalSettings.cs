using KvmActors.Host.Running;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Output;

/// <summary>
/// The settings of the terminal that the process was started on, for a guest that may change them: put back when the run ends, also when
/// it is ended at once.
/// </summary>
internal sealed class TerminalSettings : IDisposable
{
    private const int StandardInput = 0;

    private readonly byte[]? _settings;
    private readonly IDisposable _farewell;

    private TerminalSettings(byte[]? settings)
    {
        _settings = settings;
        _farewell = StopSignals.BeforeEndingAtOnce(Restore);
    }

    /// <summary>Whether standard input is a terminal at all.</summary>
    public bool IsTerminal => _settings is not null;

    /// <summary>Whether what was typed is dropped at the end: answers to what a guest asked the terminal must not reach the shell.</summary>
    public bool DropsInput { get; set; }

    /// <summary>Keeps the settings there are now.</summary>
    public static TerminalSettings Keep()
    {
        var settings = new byte[HostTerminal.SettingsBytes];
        return new TerminalSettings(HostTerminal.GetSettings(StandardInput, settings) == 0 ? settings : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _farewell.Dispose();
        Restore();
    }

    private void Restore()
    {
        Span<byte> now = stackalloc byte[HostTerminal.SettingsBytes];
        if (_settings is null || HostTerminal.GetSettings(StandardInput, now) < 0)
        {
            return;
        }

        if (DropsInput)
        {
            HostTerminal.Flush(StandardInput, queue: 0);
        }

        // A program in the background that changes nothing must not be stopped for it (SIGTTOU).
        if (!now.SequenceEqual(_settings) && HostTerminal.SetSettings(StandardInput, _settings, TerminalChange.Now) is var result and < 0)
        {
            ErrorLine.Write($"the terminal could not be set back ({((Errno)(-result)).Describe()}): run reset");
        }
    }
}
