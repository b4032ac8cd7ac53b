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
    public static bool IsWritable(int stream) => Poll(stream, isWait: false);

    /// <summary>Waits until that is so, or a signal comes.</summary>
    public static void WaitUntilWritable(int stream) => Poll(stream, isWait: true);

    private static bool Poll(int stream, bool isWait)
    {
        var poll = new pollfd_t { fd = stream, events = LibC.POLLOUT };
        var none = default(timespec_t);

        // SAFETY: both structures are on this stack. No signal mask.
        return LibC.Call(LibC.SYS_ppoll, (nint)(&poll), 1, isWait ? 0 : (nint)(&none)) > 0;
    }

    /// <summary>Writes all bytes to a stream, with no buffer of ours in between.</summary>
    /// <param name="stream"><see cref="Output"/> or <see cref="Error"/>.</param>
    /// <param name="bytes">What to write.</param>
    /// <returns>None, or why the rest could not be written (EPIPE when the reader has gone, ENOSPC when the disk is full).</returns>
    public static Errno WriteAll(int stream, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = Write(stream, bytes);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
            }
            else if ((Errno)(-written) is var errno and not Errno.EINTR)
            {
                return errno;
            }
        }

        return Errno.None;
    }
}
