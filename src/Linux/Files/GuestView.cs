using System.Text;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>What a guest is going to see of the host's files, for whoever wants to know before it begins.</summary>
public sealed class GuestView : IDisposable
{
    private readonly FileNamespace _names;

    private GuestView(FileNamespace names) => _names = names;

    /// <summary>Opens the root of every mapping.</summary>
    /// <exception cref="IOException">A host path cannot be opened, or is a directory of the kernel's own.</exception>
    public static GuestView Open(IEnumerable<FileMapping> mappings) => new(FileNamespace.Open(mappings, program: null));

    /// <summary>Finds the host's file that a path of the guest's leads to; links lead where the guest sees them lead.</summary>
    /// <param name="path">The path; relative to <c>/</c>.</param>
    /// <returns>The host's path of it, with no link in it; null when nothing of the host's is there.</returns>
    public string? Find(string path)
    {
        if (path.Length == 0 || _names.Find("/"u8, Encoding.UTF8.GetBytes(path), LookupMode.Follow, out var found) != Errno.None)
        {
            return null;
        }

        using (found)
        {
            return found!.Host is { } host && host.TryGetPath(out var real) ? real : null;
        }
    }

    /// <summary>Finds a folder, also one that is there only because something is mapped below it.</summary>
    /// <param name="path">The path; relative to <c>/</c>.</param>
    /// <returns>The guest's path of it, with no link in it; null when there is none, or no right to enter it.</returns>
    public string? FindFolder(string path)
    {
        if (path.Length == 0 || _names.Find("/"u8, NativeText.GetBytes(path), LookupMode.Follow, out var found) != Errno.None)
        {
            return null;
        }

        using (found)
        {
            return found!.Host is { IsDirectory: false } || found.IsOwn || found.Host?.CheckAccess(mode: 1, flags: 0) < 0 ? null
                : found.Path.Length == 0 ? "/" : NativeText.Decode(found.Path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _names.Dispose();
}
