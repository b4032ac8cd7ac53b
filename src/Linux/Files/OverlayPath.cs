namespace KvmActors.Linux.Files;

/// <summary>Places below a mapping's root: names with single separators between them, empty for the root itself.</summary>
internal static class OverlayPath
{
    private const byte Separator = (byte)'/';

    /// <summary>The place of a name in a directory.</summary>
    /// <param name="directory">The directory's place.</param>
    /// <param name="name">The name or several, NUL-terminated.</param>
    public static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) =>
        directory.Length == 0 ? name[..^1].ToArray() : [.. directory, Separator, .. name[..^1]];

    /// <summary>Where each name of a place is.</summary>
    public static IEnumerable<Range> Names(byte[] place)
    {
        for (var start = 0; start < place.Length;)
        {
            var length = place.AsSpan(start).IndexOf(Separator);
            var end = length < 0 ? place.Length : start + length;
            yield return start..end;
            start = end + 1;
        }
    }

    /// <summary>A name without the separators behind it, NUL-terminated as before.</summary>
    public static byte[] Plain(ReadOnlySpan<byte> name) => [.. name[..^1].TrimEnd(Separator), 0];

    /// <summary>Whether a separator is behind a name.</summary>
    public static bool HasSeparator(ReadOnlySpan<byte> name) => name is [.., Separator, 0];
}
