using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Files;

/// <summary>What one VM sees of the host's files: its mappings, the longest guest prefix first, and nothing else.</summary>
internal sealed class FileNamespace : IDisposable
{
    private readonly List<Mapping> _mappings = [];
    private readonly byte[] _normalised = new byte[GuestPath.MaxBytes + 1];

    /// <summary>Opens the root of every mapping.</summary>
    /// <exception cref="IOException">A host path cannot be opened.</exception>
    public FileNamespace(IEnumerable<FileMapping> mappings)
    {
        try
        {
            foreach (var mapping in mappings.OrderByDescending(mapping => mapping.Guest.Length))
            {
                var errno = HostRoot.TryOpen(mapping.Host, out var root);
                if (root is null)
                {
                    throw new IOException($"cannot map {mapping.Host} to {mapping.Guest}: {errno.Describe()}");
                }

                // "/" as "", so that what follows the prefix always starts with a separator.
                _mappings.Add(new Mapping(Encoding.UTF8.GetBytes(mapping.Guest.TrimEnd('/')), root));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">As the guest wrote it, under <see cref="GuestPath.MaxBytes"/> long.</param>
    /// <param name="file">The file, or null on failure.</param>
    public Errno TryOpenRead(ReadOnlySpan<byte> path, out HostFile? file)
    {
        file = null;
        if (path.IsEmpty)
        {
            return Errno.ENOENT;
        }

        var length = GuestPath.Normalise(path, _normalised);
        foreach (var mapping in _mappings)
        {
            var rest = _normalised.AsSpan(0, length);
            if (!rest.StartsWith(mapping.Guest) || (rest.Length > mapping.Guest.Length && rest[mapping.Guest.Length] != (byte)'/'))
            {
                continue;
            }

            // "/mapped" is the root itself; "/mapped/" as well, if it is a directory.
            rest = rest[mapping.Guest.Length..];
            var relative = rest.Length <= 1 ? (rest.IsEmpty ? "\0"u8 : "./\0"u8) : Terminate(length)[(mapping.Guest.Length + 1)..];
            return mapping.Root.TryOpenRead(relative, out file);
        }

        return Errno.ENOENT;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mapping in _mappings)
        {
            mapping.Root.Dispose();
        }
    }

    private Span<byte> Terminate(int length)
    {
        _normalised[length] = 0;
        return _normalised.AsSpan(0, length + 1);
    }

    private sealed record Mapping(byte[] Guest, HostRoot Root);
}
