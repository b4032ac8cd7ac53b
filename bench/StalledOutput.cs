using System.IO.Pipes;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Bench;

/// <summary>A pipe that nobody reads, for the guests of one name, as the program writes to its own streams; others' output is forgotten.</summary>
internal sealed class StalledOutput(string name) : IGuestOutput, IDisposable
{
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out);

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        if (!vm.StartsWith(name, StringComparison.Ordinal))
        {
            return Errno.None;
        }

        var target = (int)_pipe.SafePipeHandle.DangerousGetHandle();
        while (!bytes.IsEmpty && stopSignal is not { IsRequested: true })
        {
            var written = HostOutput.Write(target, bytes);
            bytes = bytes[(int)Math.Max(0, written)..];
        }

        return bytes.IsEmpty ? Errno.None : Errno.EINTR;
    }

    /// <inheritdoc/>
    public void Dispose() => _pipe.Dispose();
}
