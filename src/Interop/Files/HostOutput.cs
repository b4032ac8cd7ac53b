using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>The host process's own output streams.</summary>
public static unsafe class HostOutput
{
    /// <summary>Standard output.</summary>
    public const int Output = 1;

    /// <summary>Standard error.</summary>
    public const int Error = 2;

    /// <summary>Writes all bytes to a stream, with no buffer of ours in between.</summary>
    /// <param name="stream"><see cref="Output"/> or <see cref="Error"/>.</param>
    /// <param name="bytes">What to write.</param>
    /// <returns>None, or why the rest could not be written (EPIPE when the reader has gone, ENOSPC when the disk is full).</returns>
    public static Errno WriteAll(int stream, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;

            // SAFETY: pinned for the call, and the length is the span's own.
            fixed (byte* pointer = bytes)
            {
                written = LibC.write(stream, pointer, (nuint)bytes.Length);
            }

            if (written >= 0)
            {
                bytes = bytes[(int)written..];
            }
            else if (LibC.LastError is var errno and not Errno.EINTR)
            {
                return errno;
            }
        }

        return Errno.None;
    }
}
