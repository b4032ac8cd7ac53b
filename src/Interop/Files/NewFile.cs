using System.Globalization;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmActors.Interop.Files;

/// <summary>
/// A file that has no name until it is whole (O_TMPFILE), so that nothing of it is left however the process ends. Where the file
/// system does not know such files, it has a hidden name of its own, which goes with this object. One thread at a time.
/// </summary>
public sealed unsafe class NewFile : IDisposable
{
    private const uint Mode = 0x1B6; // 0666, less the process's umask
    private const uint ModeMask = 0xFFF;
    private const int MaxTries = 100;

    private readonly string _folder;
    private string? _temporary;

    private NewFile(string folder, string? temporary, SafeFileHandle handle)
    {
        _folder = folder;
        _temporary = temporary;
        Handle = handle;
    }

    /// <summary>The file, open for writing.</summary>
    public SafeFileHandle Handle { get; }

    private int Number => (int)Handle.DangerousGetHandle();

    /// <summary>Makes an empty file in a folder.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <param name="isUnnamed">Whether to try without a name first.</param>
    /// <param name="file">The file; null when it cannot be made.</param>
    public static Errno Create(string folder, bool isUnnamed, out NewFile? file)
    {
        file = null;
        if (isUnnamed)
        {
            var unnamed = LibC.open(folder, LibC.O_TMPFILE | LibC.O_WRONLY | LibC.O_CLOEXEC, Mode);
            if (unnamed >= 0)
            {
                file = new NewFile(folder, null, new SafeFileHandle(unnamed, ownsHandle: true));
                return Errno.None;
            }

            // A kernel, or a file system, that does not know O_TMPFILE (open(2)).
            if (LibC.LastError is var errno and not (Errno.EOPNOTSUPP or Errno.EISDIR or Errno.EINVAL))
            {
                return errno;
            }
        }

        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var temporary = RandomName(folder);
            var named = LibC.open(temporary, LibC.O_CREAT | LibC.O_EXCL | LibC.O_WRONLY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, Mode);
            if (named >= 0)
            {
                file = new NewFile(folder, temporary, new SafeFileHandle(named, ownsHandle: true));
                return Errno.None;
            }

            if (LibC.LastError != Errno.EEXIST)
            {
                break;
            }
        }

        return LibC.LastError;
    }

    /// <summary>Takes on another file's owner, group and permissions.</summary>
    /// <returns>Why it cannot; then the file is nobody's but this process's user's.</returns>
    public Errno Resemble(in stat_t other)
    {
        // The owner first: a change of owner takes set-id bits away.
        long result;

        // SAFETY: an empty NUL-terminated text, pinned for the call.
        fixed (byte* pointer = "\0"u8)
        {
            result = LibC.Call(LibC.SYS_fchownat, Number, (nint)pointer, (nint)other.st_uid, (nint)other.st_gid, LibC.AT_EMPTY_PATH);
        }

        return (Errno)(-(result == 0 ? LibC.Call(LibC.SYS_fchmod, Number, (nint)(other.st_mode & ModeMask)) : result));
    }

    /// <summary>Gives the file its name, in the place of whatever has that name now (rename(2)).</summary>
    /// <param name="path">The path, in the folder the file was made in; not a symbolic link that is to stay one.</param>
    public Errno MoveTo(string path)
    {
        if (_temporary is null)
        {
            var errno = LinkTo(path);
            if (errno != Errno.EEXIST)
            {
                return errno;
            }

            // A link takes nobody's place, a name does.
            for (var attempt = 0; attempt < MaxTries && errno == Errno.EEXIST; attempt++)
            {
                var name = RandomName(_folder);
                errno = LinkTo(name);
                _temporary = errno == Errno.None ? name : null;
            }

            if (_temporary is null)
            {
                return errno;
            }
        }

        // SAFETY: NUL-terminated texts, pinned for the call.
        fixed (byte* from = PlainFile.Text(_temporary), to = PlainFile.Text(path))
        {
            var result = LibC.Call(LibC.SYS_renameat2, LibC.AT_FDCWD, (nint)from, LibC.AT_FDCWD, (nint)to);
            if (result == 0)
            {
                _temporary = null;
            }

            return (Errno)(-result);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Discard();
        Handle.Dispose();
    }

    /// <summary>Takes the file's own name away when it has not been given another. Any thread, more than once.</summary>
    public void Discard()
    {
        if (Interlocked.Exchange(ref _temporary, null) is { } temporary)
        {
            // SAFETY: a NUL-terminated text, pinned for the call.
            fixed (byte* name = PlainFile.Text(temporary))
            {
                _ = LibC.Call(LibC.SYS_unlinkat, LibC.AT_FDCWD, (nint)name);
            }
        }
    }

    private Errno LinkTo(string path)
    {
        var unnamed = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Number}");

        // SAFETY: NUL-terminated texts, pinned for the call.
        fixed (byte* from = PlainFile.Text(unnamed), to = PlainFile.Text(path))
        {
            return (Errno)(-LibC.Call(LibC.SYS_linkat, LibC.AT_FDCWD, (nint)from, LibC.AT_FDCWD, (nint)to, LibC.AT_SYMLINK_FOLLOW));
        }
    }

    private static string RandomName(string folder)
    {
        Span<byte> random = stackalloc byte[6];
        HostRandom.Fill(random);
        return Path.Join(folder, $".kvmactors-{Convert.ToHexStringLower(random)}.tmp");
    }
}
