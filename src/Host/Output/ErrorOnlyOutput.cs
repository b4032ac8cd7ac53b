using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>Sends all that guests write to standard error, where standard output is somebody else's.</summary>
/// <param name="inner">Writes it.</param>
internal sealed class ErrorOnlyOutput(IGuestOutput inner) : IGuestOutput
{
    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal) =>
        inner.Write(vm, GuestStream.Error, bytes, stopSignal);

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => null;
}
