namespace KvmActors.Interop.Files;

/// <summary>What paths say of the files they lead to.</summary>
public static class FilePaths
{
    // As many as Linux follows (path_resolution(7)).
    private const int MaxLinks = 40;

    private static readonly string[] Descriptors = ["/dev/fd/", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc/"];

    /// <summary>Whether a path names a descriptor that this process was given, not a file by its own name.</summary>
    public static bool IsDescriptor(string path) =>
        path.StartsWith('/') && Array.Exists(Descriptors, name => path.StartsWith(name, StringComparison.Ordinal));

    /// <summary>
    /// The place that a path leads to, behind all symbolic links, as the kernel follows them: a folder that is there, and a name
    /// in it that may not be. Null when there is no such place.
    /// </summary>
    public static string? Resolve(string path)
    {
        for (var links = 0; links <= MaxLinks; links++)
        {
            var end = path.LastIndexOf('/');
            var name = path[(end + 1)..];
            if (name is "" or "." or ".." || PlainFile.RealFolder(end < 0 ? "." : path[..(end + 1)]) is not { } folder)
            {
                return null;
            }

            var place = Path.Join(folder, name);
            if (LinkTarget(place) is not { } target)
            {
                return place;
            }

            path = target.StartsWith('/') ? target : Path.Join(folder, target);
        }

        return null;
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
