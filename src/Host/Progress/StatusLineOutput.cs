using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Progress;

/// <summary>Guests' output on a terminal that has a status line: the line makes way for it.</summary>
/// <param name="inner">Writes it.</param>
/// <param name="line">The line.</param>
/// <param name="sharesOutput">Whether standard output is that terminal too; standard error always is.</param>
internal sealed class StatusLineOutput(IGuestOutput inner, StatusLine line, bool sharesOutput) : IGuestOutput
{
    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        if (bytes.IsEmpty || (stream != GuestStream.Error && !sharesOutput))
        {
            return inner.Write(vm, stream, bytes, stopSignal);
        }

        if (!line.TryBegin(stopSignal))
        {
            return Errno.EINTR;
        }

        try
        {
            return inner.Write(vm, stream, bytes, stopSignal);
        }
        finally
        {
            line.End(inLine: bytes[^1] != (byte)'\n', stopSignal);
        }
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => inner.TerminalOf(stream);
}
