using System.Globalization;

namespace KvmActors.Actors.Services;

/// <summary>Files of the kernel's that are text, and numbers in them.</summary>
internal static class ProcFile
{
    /// <summary>A file's text; empty when it is not there or may not be read.</summary>
    public static string Read(string root, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The number that a file holds; null when it is none.</summary>
    public static long? ReadNumber(string root, string file) => Parse(Read(root, file));

    /// <summary>The number after a key at the beginning of a line; null when there is none.</summary>
    public static long? Find(string text, string key)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return Parse(line[key.Length..]);
            }
        }

        return null;
    }

    // What follows the number is its unit.
    private static long? Parse(ReadOnlySpan<char> text)
    {
        var rest = text.Trim();
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(end < 0 ? rest : rest[..end], CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}
