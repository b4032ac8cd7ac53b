using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>
/// Sends guests' output to the process's own streams, as it is. One write at a time on each stream, so that lines of
/// different guests do not tear.
/// </summary>
/// <param name="sharesTerminal">Whether the one guest there is may know that a stream is a terminal.</param>
internal sealed class ProcessOutput(bool sharesTerminal = false) : IGuestOutput
{
    // The streams are the process's, whoever writes to them.
    private static readonly StreamTurn OutputTurn = new(), ErrorTurn = new();

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        var (turn, target) = stream == GuestStream.Error ? (ErrorTurn, HostOutput.Error) : (OutputTurn, HostOutput.Output);
        if (!turn.TryEnter(stopSignal))
        {
            return Errno.EINTR;
        }

        try
        {
            return WriteAll(target, bytes, stopSignal);
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => sharesTerminal && HostTerminal.IsTerminal((int)stream) ? (int)stream : null;

    /// <summary>Writes all bytes to one of the process's own streams, whose settings others share: it may wait for its reader.</summary>
    /// <param name="target">The stream.</param>
    /// <param name="bytes">What to write.</param>
    /// <param name="stopSignal">Ends the wait, by kicks to the calling thread; then as much is written as needs none. Null for nothing.</param>
    /// <returns>None, or why the rest is not written: EINTR when it was stopped.</returns>
    public static Errno WriteAll(int target, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        while (!bytes.IsEmpty)
        {
            var isLast = stopSignal is { IsRequested: true };
            if (isLast && !HostOutput.IsWritable(target))
            {
                return Errno.EINTR;
            }

            var written = HostOutput.Write(target, isLast ? bytes[..Math.Min(bytes.Length, HostOutput.PipeBytes)] : bytes);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                if (isLast && !bytes.IsEmpty)
                {
                    return Errno.EINTR;
                }
            }
            else if (written == Errno.EAGAIN.ToResult())
            {
                // Somebody who shares the stream has set O_NONBLOCK on it.
                HostOutput.WaitUntilWritable(target);
            }
            else if (written != Errno.EINTR.ToResult())
            {
                return (Errno)(-written);
            }
        }

        return Errno.None;
    }
}
