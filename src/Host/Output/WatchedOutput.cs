using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>Guests' output on its way to the process's own streams; remembers when standard output could not be written. Any thread.</summary>
/// <param name="inner">Writes it.</param>
internal sealed class WatchedOutput(IGuestOutput inner) : IGuestOutput
{
    private int _errno;

    /// <summary>Why some of the guests' output is missing from standard output; null when none is.</summary>
    public string? Problem => _errno == 0 ? null : $"standard output: {((Errno)_errno).Describe()}; some of what guests wrote is missing";

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        var errno = inner.Write(vm, stream, bytes, stopSignal);

        // A stop that cuts a write short is nothing that standard output has done.
        if (errno is not (Errno.None or Errno.EINTR or Errno.EAGAIN) && stream != GuestStream.Error)
        {
            Interlocked.CompareExchange(ref _errno, (int)errno, 0);
        }

        return errno;
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => inner.TerminalOf(stream);
}
