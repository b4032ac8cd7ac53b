using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>Links: read, and followed in the guest's view.</summary>
internal sealed partial class PathLookup
{
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
        _nested._mayGo = false;
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
        if (_hasGone)
        {
            return Errno.EAGAIN;
        }

        _hasTried = false;
        if (!_ahead.TryPut(text))
        {
            return Errno.ENAMETOOLONG;
        }

        if (text[0] == (byte)'/')
        {
            _stack.Reset();
        }

        return Errno.None;
    }
}
