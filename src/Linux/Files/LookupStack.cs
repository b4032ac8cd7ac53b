using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>
/// The directories from <c>/</c> to where a lookup stands: <c>..</c> goes back to the one below, never to where the host's kernel
/// says. Of a deep path the last ones are held; those before are found again by their names, and must be the same.
/// </summary>
internal sealed class LookupStack(NamespaceNode root, ILookupRule rule)
{
    /// <summary>The most descriptors held for one path.</summary>
    public const int MaxHeld = 32;

    private readonly byte[] _text = new byte[GuestPath.MaxBytes];
    private Entry[] _entries = new Entry[16];
    private int _top = -1;

    /// <summary>What is found again, counted with the lookup's other steps.</summary>
    public int Steps { get; set; }

    public HostNode? Host => _entries[_top].Host;

    public NamespaceNode? Node => _entries[_top].Node;

    public NamespaceNode? Mapping => _entries[_top].Mapping;

    /// <summary>The path so far, with no separator at its end; empty for <c>/</c>.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(0, _entries[_top].Length);

    /// <summary>Goes to <c>/</c>.</summary>
    public void Reset()
    {
        Clear();
        _top = 0;
        _entries[0] = new Entry { Host = root.Root, Node = root, Mapping = root.Root is null ? null : root };
    }

    /// <summary>Closes what is held.</summary>
    public void Clear()
    {
        for (; _top >= 0; _top--)
        {
            Release(ref _entries[_top]);
        }
    }

    /// <summary>Goes on to what a name leads to.</summary>
    /// <param name="name">The name.</param>
    /// <param name="host">The host's object, or null.</param>
    /// <param name="isOwned">Whether it is closed when the lookup has left it; in any case when this fails.</param>
    /// <param name="node">The node of the tree, or null.</param>
    /// <param name="mapping">The mapping whose right counts.</param>
    /// <returns>None, or ENAMETOOLONG.</returns>
    public Errno Push(ReadOnlySpan<byte> name, HostNode? host, bool isOwned, NamespaceNode? node, NamespaceNode? mapping)
    {
        var length = _entries[_top].Length + 1 + name.Length;
        var entry = new Entry { Host = host, IsOwned = isOwned, Identity = host?.Identity ?? default, Node = node, Mapping = mapping, Length = length };

        // With the NUL it is longer than any call's path could be.
        if (length >= GuestPath.MaxBytes)
        {
            Release(ref entry);
            return Errno.ENAMETOOLONG;
        }

        _text[length - name.Length - 1] = (byte)'/';
        name.CopyTo(_text.AsSpan(length - name.Length));
        if (++_top == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * _entries.Length);
        }

        _entries[_top] = entry;
        if (_top >= MaxHeld)
        {
            Release(ref _entries[_top - MaxHeld]);
        }

        return Errno.None;
    }

    /// <summary>Goes back to the directory before, from <c>/</c> to itself.</summary>
    /// <returns>None, or why that directory is not found any more.</returns>
    public Errno Pop()
    {
        if (_top == 0)
        {
            return Errno.None;
        }

        Release(ref _entries[_top--]);
        return _entries[_top].IsReleased ? Restore() : Errno.None;
    }

    /// <summary>Takes what was found out of here: what it holds is the caller's.</summary>
    public LookupResult Take(LastName last = LastName.None, byte[]? name = null)
    {
        ref var entry = ref _entries[_top];
        var result = new LookupResult(entry.Host, entry.IsOwned, entry.Node, entry.Mapping, entry.Length == 0 ? "/"u8.ToArray() : Text.ToArray())
        {
            Last = last,
            Name = name ?? [],
        };
        entry.IsOwned = false;
        return result;
    }

    private static void Release(ref Entry entry)
    {
        if (entry.IsOwned)
        {
            entry.Host!.Dispose();
            (entry.Host, entry.IsOwned, entry.IsReleased) = (null, false, true);
        }
    }

    private Errno Restore()
    {
        var from = _top;
        while (_entries[from].IsReleased)
        {
            from--;
        }

        for (var index = from + 1; index <= _top; index++)
        {
            var below = _entries[index - 1];
            ref var entry = ref _entries[index];
            var name = _text.AsSpan(below.Length + 1, entry.Length - below.Length - 1);
            HostNode? host = null;
            Steps++;
            var errno = below.Host is null ? Errno.ENOENT : rule.TryStep(below.Host, (byte[])[.. name, 0], out host);
            if (host is null || host.Identity != entry.Identity)
            {
                host?.Dispose();
                return errno == Errno.None ? Errno.ENOENT : errno;
            }

            (entry.Host, entry.IsOwned, entry.IsReleased) = (host, true, false);
            if (index > from + 1 && index <= _top - MaxHeld + 1)
            {
                Release(ref _entries[index - 1]);
            }
        }

        return Errno.None;
    }

    private struct Entry
    {
        public HostNode? Host;
        public HostIdentity Identity;
        public bool IsOwned, IsReleased;
        public NamespaceNode? Node, Mapping;
        public int Length;
    }
}
