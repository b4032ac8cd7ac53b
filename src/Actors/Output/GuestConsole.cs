using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Output;

/// <summary>One VM's output streams and how much it may still write to them. Safe from any of its threads.</summary>
internal sealed class GuestConsole(string vm, IGuestOutput output, long byteLimit)
{
    private long _remaining = byteLimit;

    /// <summary>Writes to a stream: all of the bytes, or none when they would exceed the limit.</summary>
    /// <returns>Bytes written, or a negative errno: -ENOSPC beyond the limit.</returns>
    public long Write(GuestStream stream, ReadOnlySpan<byte> bytes)
    {
        var left = Interlocked.Add(ref _remaining, -bytes.Length);
        if (left < 0)
        {
            Interlocked.Add(ref _remaining, bytes.Length);
            return Errno.ENOSPC.ToResult();
        }

        var errno = output.Write(vm, stream, bytes);
        return errno == Errno.None ? bytes.Length : errno.ToResult();
    }
}
