using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>What a lookup is to find.</summary>
[Flags]
internal enum LookupMode
{
    /// <summary>The object, which may be a symbolic link.</summary>
    Object = 0,

    /// <summary>A symbolic link at the end is followed.</summary>
    Follow = 1,

    /// <summary>Where nothing has the last name, the directory it would be in.</summary>
    Create = 2,

    /// <summary>The directory that holds the last name, whether there is anything of that name or not.</summary>
    Parent = 4,
}

/// <summary>
/// Finds out what a guest's path leads to (path_resolution(7)): name by name from the guest's own <c>/</c>, through the tree of
/// mappings and below them the host's directories, each held by a descriptor. Links are read and followed in the guest's view,
/// so none leads anywhere that the guest cannot name. One lookup at a time.
/// </summary>
internal sealed class PathLookup(NamespaceTree tree, ILookupRule rule)
{
    /// <summary>The most links a path may lead through, as on Linux (MAXSYMLINKS of <c>linux/namei.h</c>).</summary>
    public const int MaxLinks = 40;

    /// <summary>The most names looked up for one path. A path without links has at most half as many bytes.</summary>
    public const int MaxSteps = 16384;

    private const int StopInterval = 64;

    // What is still ahead stands at the end, so that a link's text can be put before it.
    private readonly byte[] _ahead = new byte[4 * GuestPath.MaxBytes];
    private readonly byte[] _name = new byte[GuestPath.MaxBytes + 1];
    private readonly byte[] _link = new byte[GuestPath.MaxBytes];
    private readonly LookupStack _stack = new(tree.Root, rule);
    private int _position, _links, _nextCheck;
    private NamespaceNode? _began;
    private PathLookup? _nested;

    /// <summary>Asked now and then: whether the guest is to end, and its lookup with it (EINTR).</summary>
    public Func<bool>? IsStopped { get; set; }

    /// <summary>Finds what a path leads to.</summary>
    /// <param name="start">The directory it is relative to: absolute.</param>
    /// <param name="path">As the guest wrote it; not empty.</param>
    /// <param name="mode">What is wanted.</param>
    /// <param name="result">Where it leads, to be disposed; null on failure.</param>
    public Errno Find(ReadOnlySpan<byte> start, ReadOnlySpan<byte> path, LookupMode mode, out LookupResult? result)
    {
        (_links, _stack.Steps, _nextCheck, _began) = (0, 0, StopInterval, null);
        return Run(start, path, mode, out result);
    }

    private Errno Run(ReadOnlySpan<byte> start, ReadOnlySpan<byte> path, LookupMode mode, out LookupResult? result)
    {
        result = null;
        var isAbsolute = path is [(byte)'/', ..];
        if (path.Length >= GuestPath.MaxBytes || (!isAbsolute && start.Length >= GuestPath.MaxBytes))
        {
            return Errno.ENAMETOOLONG;
        }

        _position = _ahead.Length - path.Length;
        path.CopyTo(_ahead.AsSpan(_position));
        if (!isAbsolute)
        {
            _ahead[--_position] = (byte)'/';
            _position -= start.Length;
            start.CopyTo(_ahead.AsSpan(_position));
        }

        try
        {
            _stack.Reset();
            if (_stack.Mapping is { } mapping)
            {
                _began = mapping;
            }

            return Walk(mode, out result);
        }
        finally
        {
            _stack.Clear();
        }
    }

    private Errno Walk(LookupMode mode, out LookupResult? result)
    {
        result = null;
        var last = LastName.Root;
        while (true)
        {
            while (_position < _ahead.Length && _ahead[_position] == '/')
            {
                _position++;
            }

            if (_position == _ahead.Length)
            {
                result = _stack.Take(mode.HasFlag(LookupMode.Parent) ? last : LastName.None);
                return Errno.None;
            }

            var errno = CountStep();
            if (errno != Errno.None)
            {
                return errno;
            }

            var length = _ahead.AsSpan(_position).IndexOf((byte)'/');
            length = length < 0 ? _ahead.Length - _position : length;
            var name = _name.AsSpan(0, length);
            _ahead.AsSpan(_position, length).CopyTo(name);
            _name[length] = 0;
            _position += length;
            var isLast = _ahead.AsSpan(_position).IndexOfAnyExcept((byte)'/') < 0;
            if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                errno = StepByDots(length == 2, isLast && mode.HasFlag(LookupMode.Parent));
                last = length == 1 ? LastName.Dot : LastName.DotDot;
            }
            else if (isLast && mode.HasFlag(LookupMode.Parent))
            {
                result = TakeName();
                return Errno.None;
            }
            else
            {
                errno = Step(name, isLast, mode, out result);
            }

            if (errno != Errno.None || result is not null)
            {
                return errno;
            }
        }
    }

    private Errno CountStep()
    {
        // Without links no path has as many names, so it is links that lead too far.
        if (++_stack.Steps > MaxSteps)
        {
            return Errno.ELOOP;
        }

        if (_stack.Steps < _nextCheck)
        {
            return Errno.None;
        }

        _nextCheck = _stack.Steps + StopInterval;
        return IsStopped?.Invoke() == true ? Errno.EINTR : Errno.None;
    }

    private LookupResult TakeName()
    {
        var length = _name.AsSpan().IndexOf((byte)0);
        return _stack.Take(LastName.Normal, _position < _ahead.Length ? [.. _name.AsSpan(0, length), (byte)'/', 0] : _name[..(length + 1)]);
    }

    private Errno StepByDots(bool isUp, bool stays)
    {
        const int Search = 1, EffectiveAccess = 0x200;
        var errno = (Errno)(-(_stack.Host?.CheckAccess(Search, EffectiveAccess) ?? 0));
        return errno == Errno.None && isUp && !stays ? _stack.Pop() : errno;
    }

    private Errno Step(ReadOnlySpan<byte> name, bool isLast, LookupMode mode, out LookupResult? result)
    {
        result = null;
        var mustBeDirectory = _position < _ahead.Length;
        if (isLast && mustBeDirectory && mode.HasFlag(LookupMode.Create))
        {
            return Errno.EISDIR;
        }

        var follows = mustBeDirectory || mode.HasFlag(LookupMode.Follow);
        var node = _stack.Node?[name];
        if (node is { IsPlainDirectory: false })
        {
            return StepInTree(name, node, follows, mustBeDirectory);
        }

        HostNode? host = null;
        var errno = _stack.Host is null ? Errno.ENOENT : rule.TryStep(_stack.Host, _name.AsSpan(0, name.Length + 1), out host);
        if (node is not null)
        {
            return StepToPlain(name, node, host);
        }

        if (host is null)
        {
            result = errno == Errno.ENOENT && isLast && mode.HasFlag(LookupMode.Create) ? TakeName() : null;
            return result is null ? errno : Errno.None;
        }

        if (tree.FindCover(host, _stack.Mapping) is { } cover)
        {
            host.Dispose();
            return StepInTree(name, cover, follows, mustBeDirectory);
        }

        if (host.IsLink && follows)
        {
            using (host)
            {
                return FollowLink(host);
            }
        }

        if (mustBeDirectory && !host.IsDirectory)
        {
            host.Dispose();
            return Errno.ENOTDIR;
        }

        return _stack.Push(name, host, isOwned: true, node: null, rule.Decide(_began!, _stack.Mapping!, host));
    }

    // A mapping's root, or what is the tree's own.
    private Errno StepInTree(ReadOnlySpan<byte> name, NamespaceNode node, bool follows, bool mustBeDirectory)
    {
        if (node.Root is null && node.Link is { } link && follows)
        {
            return Follow(link);
        }

        if (mustBeDirectory && node.Root is not { IsDirectory: true })
        {
            return Errno.ENOTDIR;
        }

        if (node.Root is not { } host)
        {
            return _stack.Push(name, host: null, isOwned: false, node, mapping: null);
        }

        _began = _links == 0 ? node : _began ?? node;
        return _stack.Push(name, host, isOwned: false, node, rule.Decide(_began, node, host));
    }

    // A directory on the way to a mapping: the host's, if it has one there, be it by a link.
    private Errno StepToPlain(ReadOnlySpan<byte> name, NamespaceNode node, HostNode? host)
    {
        if (host is { IsLink: true })
        {
            LookupResult? found;
            Errno errno;
            using (host)
            {
                errno = FindNested(host, out found);
            }

            if (errno is Errno.ELOOP or Errno.EINTR)
            {
                return errno;
            }

            if (found is { Host: { IsDirectory: true } })
            {
                return _stack.Push(name, found.Host, found.IsOwned, node, found.Mapping);
            }

            found?.Dispose();
            host = null;
        }

        if (host is { IsDirectory: true })
        {
            return _stack.Push(name, host, isOwned: true, node, rule.Decide(_began!, _stack.Mapping!, host));
        }

        host?.Dispose();
        return _stack.Push(name, host: null, isOwned: false, node, mapping: null);
    }

    private Errno FindNested(HostNode link, out LookupResult? result)
    {
        result = null;
        var errno = ReadLink(link, out var length);
        if (errno != Errno.None)
        {
            return errno;
        }

        _nested ??= new PathLookup(tree, rule);
        (_nested.IsStopped, _nested._links, _nested._stack.Steps, _nested._nextCheck, _nested._began) = (IsStopped, _links, _stack.Steps, _nextCheck, _began);
        errno = _nested.Run(_stack.Text.IsEmpty ? "/"u8 : _stack.Text, _link.AsSpan(0, length), LookupMode.Follow, out result);
        (_links, _stack.Steps, _nextCheck) = (_nested._links, _nested._stack.Steps, _nested._nextCheck);
        return errno;
    }

    private Errno FollowLink(HostNode link)
    {
        var errno = ReadLink(link, out var length);
        return errno == Errno.None ? PutAhead(_link.AsSpan(0, length)) : errno;
    }

    private Errno Follow(ReadOnlySpan<byte> text) => ++_links > MaxLinks ? Errno.ELOOP : PutAhead(text);

    private Errno ReadLink(HostNode link, out int length)
    {
        length = 0;
        if (++_links > MaxLinks)
        {
            return Errno.ELOOP;
        }

        var result = link.ReadLink(_link);
        length = (int)Math.Max(0, result);
        return result < 0 ? (Errno)(-result) : result == 0 ? Errno.ENOENT : result == _link.Length ? Errno.ENAMETOOLONG : Errno.None;
    }

    private Errno PutAhead(ReadOnlySpan<byte> text)
    {
        if (text.Length > _position)
        {
            return Errno.ENAMETOOLONG;
        }

        _position -= text.Length;
        text.CopyTo(_ahead.AsSpan(_position));
        if (text[0] == (byte)'/')
        {
            _stack.Reset();
        }

        return Errno.None;
    }
}
