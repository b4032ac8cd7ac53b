using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Library.Streams;

/// <summary>Hands guests' output on, copied, on a thread that is no vCPU's.</summary>
/// <param name="target">Takes it.</param>
/// <param name="post">Has something done on such a thread.</param>
internal sealed class PostedOutput(Action<GuestOutputPiece> target, Action<Action> post) : IGuestOutput
{
    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        var piece = new GuestOutputPiece(vm, stream == GuestStream.Error, bytes.ToArray());
        post(() => target(piece));
        return Errno.None;
    }
}
