using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>
/// A directory below a <see cref="HostRoot"/> whose entries are made, removed and renamed. Names are single components, so that
/// nothing here can lead anywhere else; a separator may follow one. Answers as system calls do.
/// </summary>
public sealed unsafe class HostDirectory : IDisposable
{
    private readonly FileDescriptor _fd;

    internal HostDirectory(FileDescriptor fd) => _fd = fd;

    /// <summary>Makes a directory.</summary>
    public long MakeDirectory(ReadOnlySpan<byte> name, uint mode)
    {
        RequireName(name);

        // SAFETY: NUL-terminated and pinned for the call, as everywhere below.
        fixed (byte* pointer = name)
        {
            return LibC.Call(LibC.SYS_mkdirat, _fd.Number, (nint)pointer, (nint)mode);
        }
    }

    /// <summary>Removes a file, or an empty directory.</summary>
    public long Remove(ReadOnlySpan<byte> name, bool directory)
    {
        RequireName(name);

        // SAFETY: as in MakeDirectory.
        fixed (byte* pointer = name)
        {
            return LibC.Call(LibC.SYS_unlinkat, _fd.Number, (nint)pointer, directory ? LibC.AT_REMOVEDIR : 0);
        }
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="target">Where it leads, NUL-terminated; a text that nobody looks at now.</param>
    /// <param name="name">Its name.</param>
    public long MakeSymbolicLink(ReadOnlySpan<byte> target, ReadOnlySpan<byte> name)
    {
        RequireName(name);
        RequireNul(target);

        // SAFETY: as in MakeDirectory.
        fixed (byte* text = target, pointer = name)
        {
            return LibC.Call(LibC.SYS_symlinkat, (nint)text, _fd.Number, (nint)pointer);
        }
    }

    /// <summary>Gives a file of this directory a further name; symbolic links are not followed.</summary>
    public long MakeLink(ReadOnlySpan<byte> name, HostDirectory toDirectory, ReadOnlySpan<byte> toName)
    {
        // A separator at the end would make the kernel follow a link.
        if (name is [.., (byte)'/', 0])
        {
            return Errno.ENOTDIR.ToResult();
        }

        RequireName(name);
        RequireName(toName);

        // SAFETY: as in MakeDirectory.
        fixed (byte* from = name, to = toName)
        {
            return LibC.Call(LibC.SYS_linkat, _fd.Number, (nint)from, toDirectory._fd.Number, (nint)to, 0);
        }
    }

    /// <summary>Renames or moves an entry of this directory.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="toDirectory">Where it goes.</param>
    /// <param name="toName">What it is called there.</param>
    /// <param name="flags">RENAME_… of renameat2(2).</param>
    public long Rename(ReadOnlySpan<byte> name, HostDirectory toDirectory, ReadOnlySpan<byte> toName, uint flags)
    {
        RequireName(name);
        RequireName(toName);

        // SAFETY: as in MakeDirectory.
        fixed (byte* from = name, to = toName)
        {
            return LibC.Call(LibC.SYS_renameat2, _fd.Number, (nint)from, toDirectory._fd.Number, (nint)to, (nint)flags);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static void RequireName(ReadOnlySpan<byte> name)
    {
        RequireNul(name);
        var component = name[..^1].TrimEnd((byte)'/');
        if (component.IsEmpty || component.Contains((byte)'/') || component.SequenceEqual("."u8) || component.SequenceEqual(".."u8))
        {
            throw new ArgumentException("Not the name of a directory's entry.", nameof(name));
        }
    }

    private static void RequireNul(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf((byte)0) != text.Length - 1)
        {
            throw new ArgumentException("The text does not end with its only NUL.", nameof(text));
        }
    }
}
