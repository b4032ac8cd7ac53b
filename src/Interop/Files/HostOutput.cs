using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Files;

/// <summary>The host process's own output streams.</summary>
public static unsafe class HostOutput
{
    /// <summary>Standard output.</summary>
    public const int Output = 1;

    /// <summary>Standard error.</summary>
    public const int Error = 2;

    /// <summary>Bytes that a pipe with room takes without waiting, if nobody else writes to it (PIPE_BUF of <c>linux/limits.h</c>).</summary>
    public const int PipeBytes = 4096;

    /// <summary>Writes bytes to a stream, with no buffer of ours in between. Waits for whoever reads.</summary>
    /// <param name="stream"><see cref="Output"/> or <see cref="Error"/>.</param>
    /// <param name="bytes">What to write.</param>
    /// <returns>Bytes written, fewer than all when a signal came meanwhile; or a negative errno, EINTR when it came before.</returns>
    public static long Write(int stream, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: pinned for the call, and the length is the span's own.
        fixed (byte* pointer = bytes)
        {
            var written = LibC.write(stream, pointer, (nuint)bytes.Length);
            return written >= 0 ? written : LibC.LastError.ToResult();
        }
    }

    /// <summary>Whether a write would not wait for a reader.</summary>
    public static bool IsWritable(int stream) => Poll(stream, milliseconds: 0) > 0;

    /// <summary>Waits until that is so, or a signal comes.</summary>
    public static void WaitUntilWritable(int stream) => Poll(stream, milliseconds: null);

    /// <summary>Waits until a stream takes bytes, or says that it never will, or a signal comes.</summary>
    /// <param name="stream"><see cref="Output"/> or <see cref="Error"/>.</param>
    /// <param name="milliseconds">How long at the most, from 0.</param>
    /// <returns>False when it took that long.</returns>
    public static bool WaitForRoom(int stream, int milliseconds) => Poll(stream, milliseconds) != 0;

    // 0 when the time was over; for ever when there is none.
    private static long Poll(int stream, int? milliseconds)
    {
        var poll = new pollfd_t { fd = stream, events = LibC.POLLOUT };
        var timeout = new timespec_t { tv_sec = (milliseconds ?? 0) / 1000, tv_nsec = (milliseconds ?? 0) % 1000 * 1_000_000L };

        // SAFETY: both structures are on this stack; the kernel writes back into them only. No signal mask.
        return LibC.Call(LibC.SYS_ppoll, (nint)(&poll), 1, milliseconds is null ? 0 : (nint)(&timeout));
    }
}
