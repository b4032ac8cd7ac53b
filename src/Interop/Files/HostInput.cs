using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Files;

/// <summary>The process's own standard input, read as it comes.</summary>
public static unsafe class HostInput
{
    private const int StandardInput = 0;

    /// <summary>Waits until there is something to read, or the end, or an alarm.</summary>
    /// <param name="alarm">Ends the wait when it is signalled.</param>
    /// <param name="nanoseconds">How long at the most; negative for ever.</param>
    /// <param name="other">Likewise; null for none.</param>
    public static void Wait(EventFd alarm, long nanoseconds, EventFd? other = null)
    {
        ArgumentNullException.ThrowIfNull(alarm);
        alarm.Wait(nanoseconds, other, StandardInput);
    }

    /// <summary>Whether a read would not wait.</summary>
    public static bool IsReady()
    {
        var poll = new pollfd_t { fd = StandardInput, events = LibC.POLLIN };
        var none = default(timespec_t);

        // SAFETY: both structures are on this stack.
        return LibC.Call(LibC.SYS_ppoll, (nint)(&poll), 1, (nint)(&none)) > 0;
    }

    /// <summary>Bytes that can be read without waiting (FIONREAD), or a negative errno.</summary>
    public static long GetAvailable() => HostFile.GetAvailable(StandardInput);

    /// <summary>Reads into the pieces, in order.</summary>
    /// <returns>Bytes read, 0 at the end, or a negative errno.</returns>
    public static long Read(GuestIoVector target)
    {
        // SAFETY: the pieces were checked against live guest memory when added.
        var count = LibC.readv(StandardInput, target.Pieces, target.Count);
        return count >= 0 ? count : LibC.LastError.ToResult();
    }
}
