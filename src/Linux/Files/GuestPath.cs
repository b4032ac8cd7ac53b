namespace KvmActors.Linux.Files;

/// <summary>Guest paths as bytes: no encoding is assumed, as on Linux.</summary>
public static class GuestPath
{
    /// <summary>The longest path in bytes, its NUL included (PATH_MAX of <c>limits.h</c>).</summary>
    public const int MaxBytes = 4096;

    private const byte Separator = (byte)'/';

    /// <summary>Stands for a path that has become longer than any call can name: whatever is looked up from there is ENAMETOOLONG.</summary>
    public static byte[] TooLong { get; } = new byte[MaxBytes];

    /// <summary>
    /// Makes a path absolute from the root and takes out <c>.</c>, <c>..</c> and doubled separators, by its text alone: for what
    /// the user wrote. A trailing separator stays.
    /// </summary>
    /// <param name="path">The path as the guest wrote it.</param>
    /// <param name="normalised">Receives the result; one byte longer than <paramref name="path"/> is always enough.</param>
    /// <returns>Bytes written, at least 1.</returns>
    public static int Normalise(ReadOnlySpan<byte> path, Span<byte> normalised)
    {
        var length = 0;
        foreach (var range in path.Split(Separator))
        {
            var part = path[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
            {
                continue;
            }

            if (part.SequenceEqual(".."u8))
            {
                length = Math.Max(0, normalised[..length].LastIndexOf(Separator));
                continue;
            }

            normalised[length++] = Separator;
            part.CopyTo(normalised[length..]);
            length += part.Length;
        }

        if (length == 0 || path is [.., Separator])
        {
            normalised[length++] = Separator;
        }

        return length;
    }

    /// <summary>Whether a relative path is of names with single separators between them, none of them <c>.</c> or <c>..</c>.</summary>
    public static bool IsOfNames(ReadOnlySpan<byte> path)
    {
        foreach (var range in path.Split(Separator))
        {
            if (path[range] is [] or [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A path after a directory on it was renamed.</summary>
    /// <param name="path">The path.</param>
    /// <param name="from">The directory's path before.</param>
    /// <param name="to">The directory's path now.</param>
    /// <returns>Null when the directory is not on it; <see cref="TooLong"/> when no call could name it any more.</returns>
    public static byte[]? TryMove(byte[] path, byte[] from, byte[] to)
    {
        if (!path.AsSpan().StartsWith(from) || (path.Length > from.Length && path[from.Length] != Separator))
        {
            return null;
        }

        return to.Length + path.Length - from.Length < MaxBytes ? [.. to, .. path.AsSpan(from.Length)] : TooLong;
    }

    /// <summary>A path from the configuration, absolute and normalised.</summary>
    public static byte[] Absolute(string path)
    {
        var bytes = Interop.Libc.NativeText.GetBytes(path);
        var normalised = new byte[bytes.Length + 1];
        return normalised[..Normalise(bytes, normalised)];
    }
}
