using System.Text;
using KvmActors.Actors.Output;
using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Hypercalls.Syscalls;

/// <summary>Finds the path that a call is about, for people who look at a trace.</summary>
internal static class SyscallPaths
{
    // Longer ones are cut: a span is for reading.
    private const int MaxBytes = 256;

    /// <summary>Where a call's path is; for calls that take two, the first. Null for calls that take none.</summary>
    public static ulong? AddressOf(in FileRequest call) => call.Id switch
    {
        HypercallId.Open or HypercallId.Creat or HypercallId.Stat or HypercallId.Lstat or HypercallId.Access or HypercallId.Mkdir
            or HypercallId.Rmdir or HypercallId.Unlink or HypercallId.Rename or HypercallId.Link or HypercallId.Symlink
            or HypercallId.Readlink or HypercallId.Chdir or HypercallId.Chmod or HypercallId.Truncate or HypercallId.Statfs => call.First,
        HypercallId.Openat or HypercallId.Mkdirat or HypercallId.Unlinkat or HypercallId.Renameat or HypercallId.Renameat2
            or HypercallId.Linkat or HypercallId.Readlinkat or HypercallId.Newfstatat or HypercallId.Faccessat
            or HypercallId.Faccessat2 or HypercallId.Statx => call.Second,
        HypercallId.Symlinkat => call.First,
        _ => null,
    };

    /// <summary>
    /// Reads a call's path as it is now, which a guest may have changed since the call was served: good for a label and for
    /// nothing else.
    /// </summary>
    /// <returns>One line without control characters; null when the call has no path or it cannot be read.</returns>
    public static string? Read(GuestBuffers buffers, in FileRequest call)
    {
        if (AddressOf(call) is not { } address)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[MaxBytes];
        var errno = buffers.ReadPath(call.Space, address, bytes, out var length);
        if (errno is not (Errno.None or Errno.ENAMETOOLONG))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(errno == Errno.None ? bytes[..length] : bytes);
        var printable = PrintableText.Of(text);
        return errno == Errno.None ? printable : printable + "…";
    }
}
