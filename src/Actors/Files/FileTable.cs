using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Files;

/// <summary>A guest's file descriptors: 0, 1 and 2 are its standard streams, further ones take the lowest free number.</summary>
internal sealed class FileTable : IDisposable
{
    private readonly GuestFile?[] _files;

    public FileTable(GuestFile input, GuestFile output, GuestFile error, int openFiles)
    {
        _files = new GuestFile?[3 + openFiles];
        (_files[0], _files[1], _files[2]) = (input, output, error);
    }

    /// <summary>The file with a number, or null where none is open.</summary>
    public GuestFile? this[int fd] => (uint)fd < (uint)_files.Length ? _files[fd] : null;

    /// <summary>Whether another file may be opened.</summary>
    public bool IsFull => Array.IndexOf(_files, null) < 0;

    /// <summary>Gives a file the lowest free number; ask <see cref="IsFull"/> first.</summary>
    public int Add(GuestFile file)
    {
        var fd = Array.IndexOf(_files, null);
        _files[fd] = file;
        return fd;
    }

    /// <summary>Closes a file.</summary>
    /// <returns>0, or -EBADF.</returns>
    public long Close(int fd)
    {
        if (this[fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        _files[fd] = null;
        file.Dispose();
        return 0;
    }

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file?.Dispose();
        }

        Array.Clear(_files);
    }
}
