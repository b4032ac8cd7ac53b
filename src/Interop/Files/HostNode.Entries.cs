using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>
/// What a directory holds, made, removed and renamed. Names are single components, so that nothing here can lead anywhere else; a
/// separator may follow one.
/// </summary>
public unsafe partial class HostNode
{
    /// <summary>Makes a directory.</summary>
    public virtual long MakeDirectory(ReadOnlySpan<byte> name, uint mode)
    {
        RequireName(name, allowSeparator: true);

        // SAFETY: NUL-terminated and pinned for the call, as everywhere below.
        fixed (byte* pointer = name)
        {
            return LibC.Call(LibC.SYS_mkdirat, Number, (nint)pointer, (nint)mode);
        }
    }

    /// <summary>Makes a named pipe (mkfifo(3)).</summary>
    public virtual long MakeFifo(ReadOnlySpan<byte> name, uint mode)
    {
        RequireName(name, allowSeparator: false);

        // SAFETY: as in MakeDirectory.
        fixed (byte* pointer = name)
        {
            return LibC.Call(LibC.SYS_mknodat, Number, (nint)pointer, (nint)(LibC.S_IFIFO | mode));
        }
    }

    /// <summary>Removes a file, or an empty directory.</summary>
    public virtual long Remove(ReadOnlySpan<byte> name, bool directory)
    {
        RequireName(name, allowSeparator: true);

        // SAFETY: as in MakeDirectory.
        fixed (byte* pointer = name)
        {
            return LibC.Call(LibC.SYS_unlinkat, Number, (nint)pointer, directory ? LibC.AT_REMOVEDIR : 0);
        }
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="target">Where it leads, NUL-terminated; a text that nobody looks at now.</param>
    /// <param name="name">Its name.</param>
    public virtual long MakeSymbolicLink(ReadOnlySpan<byte> target, ReadOnlySpan<byte> name)
    {
        RequireName(name, allowSeparator: true);
        RequireNul(target);

        // SAFETY: as in MakeDirectory.
        fixed (byte* text = target, pointer = name)
        {
            return LibC.Call(LibC.SYS_symlinkat, (nint)text, Number, (nint)pointer);
        }
    }

    /// <summary>Gives an object, which may be a symbolic link, a further name in this directory.</summary>
    /// <param name="node">The object.</param>
    /// <param name="name">The name.</param>
    public virtual long MakeLink(HostNode node, ReadOnlySpan<byte> name)
    {
        RequireName(name, allowSeparator: true);
        if (node.IsLayered)
        {
            return Errno.EXDEV.ToResult();
        }

        Span<byte> link = stackalloc byte[LinkBytes];
        node.WriteLink(link);

        // SAFETY: as in MakeDirectory. Only the link in /proc is followed, to the object itself.
        fixed (byte* from = link, to = name)
        {
            return LibC.Call(LibC.SYS_linkat, LibC.AT_FDCWD, (nint)from, Number, (nint)to, LibC.AT_SYMLINK_FOLLOW);
        }
    }

    /// <summary>Renames or moves an entry of this directory.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="toDirectory">Where it goes.</param>
    /// <param name="toName">What it is called there.</param>
    /// <param name="flags">RENAME_… of renameat2(2).</param>
    public virtual long Rename(ReadOnlySpan<byte> name, HostNode toDirectory, ReadOnlySpan<byte> toName, uint flags)
    {
        RequireName(name, allowSeparator: true);
        RequireName(toName, allowSeparator: true);
        if (toDirectory.IsLayered)
        {
            return Errno.EXDEV.ToResult();
        }

        // SAFETY: as in MakeDirectory.
        fixed (byte* from = name, to = toName)
        {
            return LibC.Call(LibC.SYS_renameat2, Number, (nint)from, toDirectory.Number, (nint)to, (nint)flags);
        }
    }

    private static void RequireName(ReadOnlySpan<byte> name, bool allowSeparator)
    {
        RequireNul(name);
        var component = allowSeparator ? name[..^1].TrimEnd((byte)'/') : name[..^1];
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
