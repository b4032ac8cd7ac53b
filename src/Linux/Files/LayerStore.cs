using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;

namespace KvmActors.Linux.Files;

/// <summary>Where one VM's layers are: a folder of its description's, or one of its own where nothing confines it.</summary>
/// <param name="sandbox">What the VM's threads are confined with; null for nothing.</param>
internal sealed class LayerStore(ThreadSandbox? sandbox) : IDisposable
{
    private const int MaxTries = 100;
    private const uint Mode = 0x1C0; // 0700

    private LayerFolder? _own;
    private HostNode? _folder;

    /// <summary>Makes the folder of a layer.</summary>
    /// <param name="folder">The folder; null on failure.</param>
    /// <param name="name">Its name, NUL-terminated.</param>
    public Errno TryMake(out HostNode? folder, out byte[] name)
    {
        (folder, name) = (null, []);
        var errno = Open();
        if (errno != Errno.None)
        {
            return errno;
        }

        // Other VMs of the description make theirs beside it.
        errno = Errno.EEXIST;
        for (var attempt = 0; attempt < MaxTries && errno == Errno.EEXIST; attempt++)
        {
            var random = new byte[8];
            HostRandom.Fill(random);
            name = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(random) + '\0');
            errno = (Errno)(-_folder!.MakeDirectory(name, Mode));
        }

        return errno == Errno.None ? _folder!.TryStep(name, out folder) : errno;
    }

    /// <summary>Removes a layer's folder and everything in it.</summary>
    public void Remove(HostNode folder, byte[] name)
    {
        FolderTree.Empty(folder);
        folder.Dispose();
        _folder!.Remove(name, directory: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder?.Dispose();
        _own?.Dispose();
    }

    private Errno Open()
    {
        if (_folder is not null)
        {
            return Errno.None;
        }

        if (sandbox?.TryFindLayers(out _folder) == Errno.None)
        {
            return Errno.None;
        }

        try
        {
            _own ??= LayerFolder.Create();
            return HostNode.TryFind(_own.Path, out _folder);
        }
        catch (SystemCallException e)
        {
            return e.Errno;
        }
    }
}
