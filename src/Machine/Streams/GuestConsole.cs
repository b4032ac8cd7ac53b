using KvmActors.Interop.Libc;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Streams;

/// <summary>How much a VM may write to its streams.</summary>
public sealed record ConsoleLimits
{
    /// <summary>Bytes in all; null for any number.</summary>
    public long? ConsoleBytes { get; init; }

    /// <summary>Bytes in a second; null for any number.</summary>
    public long? ConsoleBytesPerSecond { get; init; }
}

/// <summary>One VM's output streams and how much it may still write, to them and elsewhere. Safe from any of its threads.</summary>
/// <param name="vm">The instance, for example <c>reader-0</c>.</param>
/// <param name="output">Where it goes.</param>
/// <param name="byteLimit">Bytes it may write in all, to streams and files together; null for any number.</param>
/// <param name="limits">What of it may go to the streams; null for all.</param>
public sealed class GuestConsole(string vm, IGuestOutput output, long? byteLimit, ConsoleLimits? limits = null)
{
    private readonly Quota _bytes = new(nameof(ConsoleLimits.ConsoleBytes), limits?.ConsoleBytes);
    private readonly RateLimit? _rate = limits?.ConsoleBytesPerSecond is { } perSecond ? new RateLimit(perSecond) : null;

    /// <summary>The instance, for example <c>reader-0</c>.</summary>
    public string Vm { get; } = vm;

    /// <summary>Ends the waits of whoever writes; null for nothing.</summary>
    public VmStopSignal? Stop { get; init; }

    /// <summary>What the VM may still write.</summary>
    public Quota Budget { get; } = new("BytesWritten", byteLimit);

    /// <summary>What it has written to its streams.</summary>
    public LimitUse BytesUse => _bytes.Use;

    /// <summary>How often a writer was told to wait; null when nobody counts.</summary>
    public long? Delays => _rate?.Delays;

    /// <summary>The host stream that is the terminal behind a stream, or null.</summary>
    public int? TerminalOf(GuestStream stream) => output.TerminalOf(stream);

    /// <summary>Writes to a stream: all of the bytes, or none when they would exceed a limit.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="delay">How long the writer has to wait before the VM goes on, in nanoseconds; 0 for not at all.</param>
    /// <returns>Bytes written, or a negative errno: -ENOSPC beyond a limit.</returns>
    public long Write(GuestStream stream, ReadOnlySpan<byte> bytes, out long delay)
    {
        delay = 0;
        if (!_bytes.TryTake(bytes.Length))
        {
            return Errno.ENOSPC.ToResult();
        }

        if (!Budget.TryTake(bytes.Length))
        {
            _bytes.Return(bytes.Length);
            return Errno.ENOSPC.ToResult();
        }

        var errno = output.Write(Vm, stream, bytes, Stop);
        delay = _rate?.Take(bytes.Length) ?? 0;
        return errno == Errno.None ? bytes.Length : errno.ToResult();
    }
}
