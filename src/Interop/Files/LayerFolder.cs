using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>
/// A folder in the host's temporary space that guests' private layers are made in. It is locked as long as this object is there, so that
/// the next process can tell what one that was killed left behind, and removes it.
/// </summary>
public sealed unsafe class LayerFolder : IDisposable
{
    private const string PrefixText = ".kvmactors-layer-";
    private const int FolderMode = 0x1C0; // 0700
    private const int Exclusive = 2, NonBlocking = 4; // LOCK_EX and LOCK_NB of asm-generic/fcntl.h
    private const int MaxTries = 100;

    private static readonly Lazy<bool> Swept = new(() =>
    {
        Sweep(System.IO.Path.GetTempPath());
        return true;
    });

    private readonly FileDescriptor _lock;

    private LayerFolder(string path, FileDescriptor held) => (Path, _lock) = (path, held);

    /// <summary>What the names of such folders begin with; guests find nothing under such a name.</summary>
    public static ReadOnlySpan<byte> Prefix => ".kvmactors-layer-"u8;

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Makes one.</summary>
    /// <exception cref="SystemCallException">There is no place for it.</exception>
    public static LayerFolder Create()
    {
        _ = Swept.Value;
        var errno = Errno.EEXIST;
        Span<byte> random = stackalloc byte[8];
        for (var attempt = 0; attempt < MaxTries && errno == Errno.EEXIST; attempt++)
        {
            HostRandom.Fill(random);
            var path = System.IO.Path.Join(System.IO.Path.GetTempPath(), PrefixText + Convert.ToHexStringLower(random));
            errno = MakeFolder(path);

            // Somebody who sweeps may have taken it for one that was left behind.
            if (errno == Errno.None && TryLock(path) is { } held)
            {
                return new LayerFolder(path, held);
            }

            errno = errno == Errno.None ? Errno.EEXIST : errno;
        }

        throw new SystemCallException("mkdir", errno, $"a layer's folder in {System.IO.Path.GetTempPath()} (see TMPDIR)");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
    }

    private static Errno MakeFolder(string path)
    {
        // SAFETY: a NUL-terminated text, pinned for the call.
        fixed (byte* pointer = PlainFile.Text(path))
        {
            return (Errno)(-LibC.Call(LibC.SYS_mkdirat, LibC.AT_FDCWD, (nint)pointer, FolderMode));
        }
    }

    /// <summary>Takes a folder that is this user's own and there, unless another process has it; null otherwise.</summary>
    internal static FileDescriptor? TryLock(string path)
    {
        var number = LibC.open(path, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0);
        if (number < 0)
        {
            return null;
        }

        var folder = new FileDescriptor(number);
        if (LibC.Call(LibC.SYS_flock, number, Exclusive | NonBlocking) == 0
            && HostObject.GetStatus(number, out var status) == 0 && status.st_nlink > 0 && status.st_uid == HostUser.Id)
        {
            return folder;
        }

        folder.Dispose();
        return null;
    }

    /// <summary>Removes what processes left behind that are not there any more.</summary>
    /// <param name="folder">The temporary space to look at.</param>
    internal static void Sweep(string folder)
    {
        try
        {
            foreach (var path in Directory.EnumerateDirectories(folder, PrefixText + "*"))
            {
                using var held = TryLock(path);
                if (held is not null)
                {
                    Remove(path);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be looked at stays.
        }
    }

    private static void Remove(string path)
    {
        if (HostNode.TryFind(path, out var folder) != Errno.None)
        {
            return;
        }

        using (folder)
        {
            FolderTree.Empty(folder!);
        }

        // SAFETY: as in MakeFolder.
        fixed (byte* pointer = PlainFile.Text(path))
        {
            _ = LibC.Call(LibC.SYS_unlinkat, LibC.AT_FDCWD, (nint)pointer, LibC.AT_REMOVEDIR);
        }
    }
}
