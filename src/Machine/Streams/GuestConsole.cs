using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Streams;

/// <summary>One VM's output streams and how much it may still write, to them and elsewhere. Safe from any of its threads.</summary>
public sealed class GuestConsole(string vm, IGuestOutput output, long byteLimit)
{
    /// <summary>The instance, for example <c>reader-0</c>.</summary>
    public string Vm { get; } = vm;

    /// <summary>What the VM may still write.</summary>
    public WriteBudget Budget { get; } = new(byteLimit);

    /// <summary>The host stream that is the terminal behind a stream, or null.</summary>
    public int? TerminalOf(GuestStream stream) => output.TerminalOf(stream);

    /// <summary>Writes to a stream: all of the bytes, or none when they would exceed the limit.</summary>
    /// <returns>Bytes written, or a negative errno: -ENOSPC beyond the limit.</returns>
    public long Write(GuestStream stream, ReadOnlySpan<byte> bytes)
    {
        if (!Budget.TryTake(bytes.Length))
        {
            return Errno.ENOSPC.ToResult();
        }

        var errno = output.Write(Vm, stream, bytes);
        return errno == Errno.None ? bytes.Length : errno.ToResult();
    }
}
