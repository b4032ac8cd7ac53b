using KvmActors.Host.GuestOutput;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>Guests' output on its way: kept for the results, made safe for a terminal, told apart by instance, and written.</summary>
internal sealed class GuestOutputs : IDisposable
{
    private readonly OutputChoice _choice;
    private readonly ConsoleMode? _console;
    private readonly WatchedOutput _streams;
    private readonly FileOutput? _files;
    private SafeOutput? _safe;
    private PrefixOutput? _prefix;
    private KeptOutput? _kept;

    private GuestOutputs(OutputChoice choice, ConsoleMode? console, IGuestOutput streams, FileOutput? files)
    {
        _streams = new WatchedOutput(streams);
        _choice = choice;
        _console = console;
        _files = files;
        Target = choice.Mode switch
        {
            OutputMode.Files => files!,
            OutputMode.None => new NoOutput(),
            _ => _streams,
        };
    }

    /// <summary>What writes it.</summary>
    public IGuestOutput Target { get; }

    /// <summary>Whether that writes to the process's own streams, which others write to as well.</summary>
    public bool IsToStreams => _choice.Mode is OutputMode.Plain or OutputMode.Prefix;

    /// <summary>Why some of it is missing; null when none is.</summary>
    public string? Problem => _streams.Problem ?? _files?.Problem;

    /// <summary>Makes ready what was chosen.</summary>
    /// <param name="choice">Where it goes.</param>
    /// <param name="console">What a terminal is shown of it; null for what is safe there.</param>
    /// <param name="streams">What writes to the process's own streams.</param>
    /// <exception cref="ConfigurationException">The folder for the files cannot be had.</exception>
    public static GuestOutputs Open(OutputChoice choice, ConsoleMode? console, IGuestOutput streams) =>
        new(choice, console, streams, choice.Mode == OutputMode.Files ? FileOutput.Open(choice.Folder) : null);

    /// <summary>Puts everything before what writes.</summary>
    /// <param name="target">What writes: <see cref="Target"/>, or what stands before it.</param>
    /// <param name="keptBytes">How much of each instance's is kept for the results; 0 for nothing.</param>
    public IGuestOutput Connect(IGuestOutput target, int keptBytes)
    {
        if (_choice.Mode == OutputMode.Prefix)
        {
            target = _prefix = new PrefixOutput(target, IsColoured);
        }

        target = _safe = IsToStreams ? SafeOutput.For(target, _console) : new SafeOutput(target, _ => _console == ConsoleMode.Safe);
        return keptBytes == 0 ? target : (_kept = new KeptOutput(target, keptBytes));
    }

    /// <summary>Writes what was held back. The guests have all ended.</summary>
    public void Finish()
    {
        _safe?.Finish();
        _prefix?.Finish();
        _files?.Finish();
    }

    /// <summary>What an instance wrote, as far as it was kept.</summary>
    public GuestText TextOf(string vm) => _kept?.TextOf(vm) ?? GuestText.Empty;

    /// <inheritdoc/>
    public void Dispose() => _files?.Dispose();

    // As no-color.org has it: any value but an empty one.
    private static bool IsColoured(GuestStream stream) =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
        && HostTerminal.IsTerminal(stream == GuestStream.Error ? HostOutput.Error : HostOutput.Output);

    private sealed class NoOutput : IGuestOutput
    {
        public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal) => Errno.None;
    }
}
