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
internal sealed partial class PathLookup(NamespaceTree tree, ILookupRule rule)
{
    /// <summary>The most links a path may lead through, as on Linux (MAXSYMLINKS of <c>linux/namei.h</c>).</summary>
    public const int MaxLinks = 40;

    /// <summary>The most names looked up for one path. A path without links has at most half as many bytes.</summary>
    public const int MaxSteps = 16384;

    private const int StopInterval = 64;

    private readonly PathAhead _ahead = new();
    private readonly byte[] _link = new byte[GuestPath.MaxBytes];
    private readonly LookupStack _stack = new(tree.Root, rule);
    private int _links, _nextCheck;
    private bool _mayGo, _hasTried, _hasGone;
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
        (_links, _stack.Steps, _nextCheck, _began, _mayGo) = (0, 0, StopInterval, null, true);
        var errno = Run(start, path, mode, out result);
        if (errno != Errno.EAGAIN)
        {
            return errno;
        }

        // A link where many steps had been gone at once: what was passed on the way may matter.
        (_links, _began, _mayGo) = (0, null, false);
        return Run(start, path, mode, out result);
    }

    private Errno Run(ReadOnlySpan<byte> start, ReadOnlySpan<byte> path, LookupMode mode, out LookupResult? result)
    {
        result = null;
        if (path.Length >= GuestPath.MaxBytes || (path[0] != (byte)'/' && start.Length >= GuestPath.MaxBytes))
        {
            return Errno.ENAMETOOLONG;
        }

        _ahead.Set(start, path);
        try
        {
            _stack.Reset();
            (_hasTried, _hasGone) = (false, false);
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
        var isParent = mode.HasFlag(LookupMode.Parent);
        while (_ahead.SkipSeparators())
        {
            var errno = CountStep();
            if (errno == Errno.None && _mayGo && !_hasTried)
            {
                errno = TryGo(mode);
            }

            if (errno != Errno.None)
            {
                return errno;
            }

            if (!_ahead.SkipSeparators())
            {
                break;
            }

            var name = _ahead.TakeName();
            if (name.StartsWith(LayerFolder.Prefix))
            {
                return Errno.ENOENT;
            }

            if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                errno = StepByDots(name.Length == 2, isParent && _ahead.HasNoName);
                last = name.Length == 1 ? LastName.Dot : LastName.DotDot;
            }
            else if (isParent && _ahead.HasNoName)
            {
                result = TakeName();
            }
            else
            {
                errno = Step(name, mode, out result);
            }

            if (errno != Errno.None || result is not null)
            {
                return errno;
            }
        }

        result = _stack.Take(isParent ? last : LastName.None);
        return Errno.None;
    }

    // At once, as far as the path is of names alone: to its end, or to before the last one where that is looked at apart.
    private Errno TryGo(LookupMode mode)
    {
        var butLast = mode.HasFlag(LookupMode.Parent) || mode.HasFlag(LookupMode.Create);
        if (_stack.Host is null || _stack.Node is { HasChildren: true })
        {
            return Errno.None;
        }

        _hasTried = true;
        var names = _ahead.Interrupt(butLast, out var behind);
        if (names.IsEmpty)
        {
            return Errno.None;
        }

        var path = names[..^1];
        HostNode? host = null;
        var errno = names.IndexOf(LayerFolder.Prefix) >= 0 ? Errno.EAGAIN : rule.TryGo(_stack.Host, _stack.Mapping!, names, out host);

        // A link that is followed is better gone to step by step, for what is before it matters; so is a file with something behind it.
        _hasGone = host is not null && (host.IsLink ? mode == LookupMode.Object : !butLast || host.IsDirectory);
        if (_hasGone)
        {
            errno = _stack.Push(path, host, isOwned: true, node: null, rule.Decide(_began!, _stack.Mapping!, host!));
        }
        else
        {
            errno = host is null && errno != Errno.EAGAIN ? errno : Errno.None;
            host?.Dispose();
        }

        _ahead.Resume(path.Length, behind, _hasGone);
        return errno;
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

    private LookupResult TakeName() =>
        _stack.Take(LastName.Normal, _ahead.IsEmpty ? _ahead.NameAndNul.ToArray() : [.. _ahead.Name, (byte)'/', 0]);

    private Errno StepByDots(bool isUp, bool stays)
    {
        const int Search = 1, EffectiveAccess = 0x200;
        var errno = (Errno)(-(_stack.Host?.CheckAccess(Search, EffectiveAccess) ?? 0));
        return errno != Errno.None || !isUp || stays ? errno : _hasGone ? Errno.EAGAIN : _stack.Pop();
    }

    private Errno Step(ReadOnlySpan<byte> name, LookupMode mode, out LookupResult? result)
    {
        result = null;
        var (isLast, mustBeDirectory) = (_ahead.HasNoName, !_ahead.IsEmpty);
        if (isLast && mustBeDirectory && mode.HasFlag(LookupMode.Create))
        {
            return Errno.EISDIR;
        }

        var follows = mustBeDirectory || mode.HasFlag(LookupMode.Follow);
        var node = _stack.Node?[name];
        if (node is { Descriptor: { } fd } && _stack.Node is { HoldsDescriptors: true } && tree.IsOpen?.Invoke(fd) != true)
        {
            return Errno.ENOENT;
        }

        if (node is { IsPlainDirectory: false })
        {
            return StepInTree(name, node, follows, mustBeDirectory);
        }

        HostNode? host = null;
        var errno = _stack.Host is null ? Errno.ENOENT : rule.TryStep(_stack.Host, _ahead.NameAndNul, out host);
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
        if (node.Root is null && follows && tree.LinkOf(node) is { } link)
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
}
