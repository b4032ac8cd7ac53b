using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmActors.Host.Output;

/// <summary>
/// Where an output file goes. Into a new file that takes the old one's place when it is whole, where there is a regular file or
/// nothing; into what is there already, where that is something else (a pipe, a device, a descriptor of ours) or a file whose
/// place cannot be taken.
/// </summary>
internal sealed class OutputTarget : IDisposable
{
    private readonly string _path;
    private readonly NewFile? _replacement;
    private readonly Stream? _open;

    private OutputTarget(string path, string? identity, NewFile? replacement, Stream? open)
    {
        _path = path;
        Identity = identity;
        _replacement = replacement;
        _open = open;
    }

    /// <summary>The same for two paths that lead to the same file; null for a device, which two may well write to.</summary>
    public string? Identity { get; }

    /// <summary>Finds out where a path leads and whether it can be written there; what is there stays as it is.</summary>
    /// <param name="path">The path.</param>
    /// <param name="isUnnamed">Whether a new file has no name until it is whole, where the file system can.</param>
    /// <param name="target">The target; null when it cannot be written.</param>
    public static Errno Open(string path, bool isUnnamed, out OutputTarget? target)
    {
        target = null;
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            return Errno.ENOENT;
        }

        var errno = PlainFile.GetStatus(path, out var status);
        return errno switch
        {
            Errno.None when PlainFile.IsFolder(status) => Errno.EISDIR,
            Errno.None => OpenExisting(path, status, isUnnamed, out target),
            Errno.ENOENT => OpenNew(path, isUnnamed, out target),
            _ => errno,
        };
    }

    /// <summary>Writes it all.</summary>
    /// <param name="write">Writes the content; called again when the first way turns out to be none.</param>
    /// <exception cref="IOException">It could not be written; then what was there before is still there, but for pipes, devices and the like.</exception>
    public void Write(Action<Stream> write)
    {
        if (_open is not null)
        {
            write(_open);
            return;
        }

        if (_replacement is not null)
        {
            using (var stream = Unbuffered(_replacement.Handle))
            {
                write(stream);
                var errno = _replacement.MoveTo(_path);
                if (errno == Errno.None)
                {
                    return;
                }

                // A file that something is mounted on, for one, keeps its place.
                if (errno is not (Errno.EBUSY or Errno.EPERM or Errno.EACCES or Errno.EXDEV))
                {
                    throw new IOException(errno.Describe());
                }
            }
        }

        var problem = PlainFile.OpenToWrite(_path, truncate: true, out var file);
        using (file)
        {
            if (problem != Errno.None)
            {
                throw new IOException(problem.Describe());
            }

            using var stream = Unbuffered(file!);
            write(stream);
        }
    }

    /// <summary>Leaves nothing behind that has no place yet. Any thread.</summary>
    public void Discard() => _replacement?.Discard();

    /// <inheritdoc/>
    public void Dispose()
    {
        _replacement?.Dispose();
        _open?.Dispose();
    }

    private static Errno OpenExisting(string path, in stat_t status, bool isUnnamed, out OutputTarget? target)
    {
        target = null;
        var identity = PlainFile.IsCharacterDevice(status) ? null : $"{status.st_dev}:{status.st_ino}";
        if (StandardStreamAt(status) is { } standard)
        {
            target = new OutputTarget(path, identity, null, standard);
            return Errno.None;
        }

        // Of a regular file only to see whether it may be written.
        var errno = PlainFile.OpenToWrite(path, truncate: false, out var file);
        if (errno != Errno.None)
        {
            return errno;
        }

        if (!PlainFile.IsRegular(status))
        {
            target = new OutputTarget(path, identity, null, Unbuffered(file!));
            return Errno.None;
        }

        file!.Dispose();
        if (FilePaths.IsDescriptor(path)
            || FilePaths.Resolve(path) is not { } place
            || PlainFile.GetStatus(place, out var there) != Errno.None
            || (there.st_dev, there.st_ino) != (status.st_dev, status.st_ino))
        {
            target = new OutputTarget(path, identity, null, null);
            return Errno.None;
        }

        errno = NewFile.Create(Path.GetDirectoryName(place)!, isUnnamed, out var replacement);
        if (replacement is not null && replacement.Resemble(status) != Errno.None)
        {
            replacement.Dispose();
            replacement = null;
        }

        // The file may be written although its folder may not, or although it cannot be made anew as it is.
        target = errno is Errno.None or Errno.EACCES or Errno.EPERM or Errno.EROFS ? new OutputTarget(place, identity, replacement, null) : null;
        return target is null ? errno : Errno.None;
    }

    private static Errno OpenNew(string path, bool isUnnamed, out OutputTarget? target)
    {
        target = null;
        if (FilePaths.Resolve(path) is not { } place || Path.GetDirectoryName(place) is not { } folder)
        {
            return path.EndsWith('/') ? Errno.EISDIR : Errno.ENOENT;
        }

        var errno = PlainFile.GetStatus(folder, out var status);
        if (errno == Errno.None)
        {
            errno = NewFile.Create(folder, isUnnamed, out var replacement);
            target = replacement is null ? null : new OutputTarget(place, $"{status.st_dev}:{status.st_ino}/{Path.GetFileName(place)}", replacement, null);
        }

        return errno;
    }

    // What goes to a standard stream by another name goes on behind what is there already.
    private static StandardStream? StandardStreamAt(in stat_t status)
    {
        foreach (var number in (int[])[HostOutput.Output, HostOutput.Error])
        {
            if (!PlainFile.IsCharacterDevice(status)
                && PlainFile.GetStatus(number, out var own) == Errno.None
                && (own.st_dev, own.st_ino) == (status.st_dev, status.st_ino))
            {
                return StandardStream.ForFile(number);
            }
        }

        return null;
    }

    // Closing it has nothing left to write, so nothing left to fail.
    private static FileStream Unbuffered(SafeFileHandle handle) => new(handle, FileAccess.Write, bufferSize: 0);
}
