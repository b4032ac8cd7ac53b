using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>The paths that calls are about, for people who look at a trace.</summary>
internal static class SyscallPaths
{
    /// <summary>Reads the (first) path of a call, again and for the eye only.</summary>
    /// <param name="buffers">The guest's memory.</param>
    /// <param name="call">The call.</param>
    /// <param name="target">Receives it; a longer one is cut.</param>
    /// <returns>How many bytes; 0 when the call has none, or it cannot be read any more.</returns>
    public static int Read(GuestBuffers buffers, in GuestCall call, Span<byte> target)
    {
        if (SyscallTable.Find(call.Number)?.PathArgument is not { } argument)
        {
            return 0;
        }

        buffers.Begin();
        var errno = buffers.ReadPath(call.Space, argument == 1 ? call.First : call.Second, target, out var length);
        return errno switch
        {
            Errno.None => length,
            Errno.ENAMETOOLONG => target.Length,
            _ => 0,
        };
    }
}
