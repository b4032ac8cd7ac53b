using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Library.Streams;

/// <summary>
/// One guest's output on its way to whoever reads it in this process. What finds no room waits on its vCPU's thread, which alone may block.
/// </summary>
internal sealed class OutputPipe : IGuestOutput
{
    private readonly object _room = new();

    /// <param name="capacity">How many bytes of each stream wait for a reader.</param>
    public OutputPipe(int capacity)
    {
        Output = new StreamBuffer(capacity) { WakeWriter = Wake };
        Error = new StreamBuffer(capacity) { WakeWriter = Wake };
    }

    /// <summary>What it wrote to its standard output.</summary>
    public StreamBuffer Output { get; }

    /// <summary>What it wrote to its standard error.</summary>
    public StreamBuffer Error { get; }

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        var buffer = stream == GuestStream.Error ? Error : Output;
        while (!bytes.IsEmpty)
        {
            var written = buffer.Write(bytes);
            if (written < 0)
            {
                // Nobody wants it: as with /dev/null.
                return Errno.None;
            }

            bytes = bytes[written..];
            if (written == 0 && !TryWait(buffer, stopSignal))
            {
                return Errno.EINTR;
            }
        }

        return Errno.None;
    }

    /// <summary>The guest has ended.</summary>
    public void Complete()
    {
        Output.Complete();
        Error.Complete();
    }

    private bool TryWait(StreamBuffer buffer, VmStopSignal? stopSignal)
    {
        using var stopped = stopSignal?.Token.UnsafeRegister(static pipe => ((OutputPipe)pipe!).Wake(), this);
        lock (_room)
        {
            while (!buffer.IsWritable)
            {
                if (stopSignal is { IsRequested: true })
                {
                    return false;
                }

                Monitor.Wait(_room);
            }
        }

        return true;
    }

    private void Wake()
    {
        lock (_room)
        {
            Monitor.PulseAll(_room);
        }
    }
}
