using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>
/// Sends guests' output to the process's own streams, as it is. One write at a time on each stream, so that lines of
/// different guests do not tear.
/// </summary>
/// <param name="sharesTerminal">Whether the one guest there is may know that a stream is a terminal.</param>
internal sealed class ProcessOutput(bool sharesTerminal = false) : IGuestOutput
{
    private readonly Lock _output = new();
    private readonly Lock _error = new();

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes)
    {
        var (gate, target) = stream == GuestStream.Error ? (_error, HostOutput.Error) : (_output, HostOutput.Output);
        lock (gate)
        {
            return HostOutput.WriteAll(target, bytes);
        }
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => sharesTerminal && HostTerminal.IsTerminal((int)stream) ? (int)stream : null;
}
