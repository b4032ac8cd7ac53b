namespace KvmActors;

/// <summary>Something that a guest sees under a path of its own. Nothing else of the host's is visible to it.</summary>
public abstract record GuestMapping
{
    private protected GuestMapping(string guestPath)
    {
        ArgumentNullException.ThrowIfNull(guestPath);
        if (guestPath is not ['/', ..] || guestPath.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{guestPath}' is no path for a guest: it has to begin with / and contain no NUL.", nameof(guestPath));
        }

        GuestPath = guestPath;
    }

    /// <summary>Where the guest sees it: an absolute path.</summary>
    public string GuestPath { get; }

    /// <summary>A file or folder of the host's.</summary>
    /// <param name="hostPath">The host's path; relative to the current folder.</param>
    /// <param name="guestPath">Where the guest sees it: an absolute path.</param>
    /// <param name="access">What the guest may do with it.</param>
    /// <exception cref="ArgumentException">The guest's path is not absolute.</exception>
    public static GuestMapping Path(string hostPath, string guestPath, GuestAccess access = GuestAccess.Read) => new HostMapping(hostPath, guestPath, access);

    /// <summary>A file that is in this program's memory, which the guest may read.</summary>
    /// <param name="guestPath">Where the guest sees it: an absolute path.</param>
    /// <param name="content">What is in it; not to be changed as long as guests may read it.</param>
    /// <exception cref="ArgumentException">The guest's path is not absolute.</exception>
    public static GuestMapping Bytes(string guestPath, ReadOnlyMemory<byte> content) => new ContentMapping(guestPath, content);

    internal sealed record HostMapping(string HostPath, string Guest, GuestAccess Access) : GuestMapping(Guest);

    internal sealed record ContentMapping(string Guest, ReadOnlyMemory<byte> Content) : GuestMapping(Guest);
}
