namespace KvmActors.Linux.Files;

/// <summary>Guest paths as bytes: no encoding is assumed, as on Linux.</summary>
public static class GuestPath
{
    /// <summary>The longest path in bytes, its NUL included (PATH_MAX of <c>limits.h</c>).</summary>
    public const int MaxBytes = 4096;

    private const byte Separator = (byte)'/';

    /// <summary>
    /// Makes a path absolute from the root and takes out <c>.</c>, <c>..</c> and doubled separators, by its text alone: which
    /// mapping a path falls under must not depend on what the host's links say. A trailing separator stays.
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

    /// <summary>Whether a path says by its end that it is a directory's: a separator, <c>.</c> or <c>..</c>.</summary>
    public static bool IsDirectory(ReadOnlySpan<byte> path) =>
        path is [.., Separator] || EndsWithDots(path);

    /// <summary>Whether a path's last name, whatever separators follow, is <c>.</c> or <c>..</c>.</summary>
    public static bool EndsWithDots(ReadOnlySpan<byte> path) => LastName(path.TrimEnd(Separator)) is [(byte)'.'] or [(byte)'.', (byte)'.'];

    /// <summary>What follows the last separator.</summary>
    public static ReadOnlySpan<byte> LastName(ReadOnlySpan<byte> path) => path[(path.LastIndexOf(Separator) + 1)..];

    /// <summary>A path from the configuration, absolute and normalised.</summary>
    public static byte[] Absolute(string path)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(path);
        var normalised = new byte[bytes.Length + 1];
        return normalised[..Normalise(bytes, normalised)];
    }
}
