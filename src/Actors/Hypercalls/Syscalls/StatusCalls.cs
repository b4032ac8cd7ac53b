using KvmActors.Actors.Files;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Actors.Hypercalls.Syscalls;

/// <summary>What files are, and which directory is the current one.</summary>
internal sealed class StatusCalls(SyscallContext context)
{
    // linux/fcntl.h
    private const int NoFollow = 0x100, EffectiveAccess = 0x200, NoAutomount = 0x800, EmptyPath = 0x1000, SyncType = 0x6000;
    private const int AccessModes = 7;
    private const uint ReservedMask = 0x8000_0000;
    private const int WriteAccess = 2;

    // linux/magic.h
    private const long TmpfsMagic = 0x0102_1994;

    public long Execute(in FileRequest call) => call.Id switch
    {
        HypercallId.Stat => GetStatus(call, SyscallContext.CurrentDirectory, call.First, call.Second, flags: 0),
        HypercallId.Lstat => GetStatus(call, SyscallContext.CurrentDirectory, call.First, call.Second, NoFollow),
        HypercallId.Newfstatat => GetStatus(call, call.Fd, call.Second, call.Third, (int)call.Fourth),
        HypercallId.Statx => GetExtendedStatus(call),
        HypercallId.Access => CheckAccess(call, SyscallContext.CurrentDirectory, call.First, (int)call.Second, flags: 0),
        HypercallId.Faccessat => CheckAccess(call, call.Fd, call.Second, (int)call.Third, flags: 0),
        HypercallId.Faccessat2 => CheckAccess(call, call.Fd, call.Second, (int)call.Third, (int)call.Fourth),
        HypercallId.Readlink => ReadLink(call, SyscallContext.CurrentDirectory, call.First, call.Second, (int)call.Third),
        HypercallId.Readlinkat => ReadLink(call, call.Fd, call.Second, call.Third, (int)call.Fourth),
        HypercallId.Statfs => GetFileSystem(call),
        HypercallId.Getcwd => GetDirectory(call),
        HypercallId.Chdir => ChangeDirectory(call),
        HypercallId.Fchdir => ChangeDirectory(context.Table[call.Fd]),
        _ => Errno.ENOSYS.ToResult(),
    };

    /// <summary>Writes the status of a file's file system into the guest.</summary>
    /// <param name="context">What the program has.</param>
    /// <param name="space">What kind of address it is.</param>
    /// <param name="address">Where to.</param>
    /// <param name="file">The host's file; null for what is not the host's.</param>
    public static long GetFileSystem(SyscallContext context, AddressSpace space, ulong address, HostFile? file)
    {
        var status = new statfs_t { f_type = TmpfsMagic, f_bsize = 4096, f_frsize = 4096, f_namelen = 255 };
        var result = file?.GetFileSystem(out status) ?? 0;
        return result < 0 ? result : -(long)context.Buffers.Write(space, address, status);
    }

    private long GetStatus(in FileRequest call, int directory, ulong path, ulong address, int flags)
    {
        if ((flags & ~(NoFollow | NoAutomount | EmptyPath | SyncType)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = Find(call.Space, directory, path, flags, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            var result = target.GetStatus(out var status);
            return result < 0 ? result : -(long)context.Buffers.Write(call.Space, address, status);
        }
    }

    private long GetExtendedStatus(in FileRequest call)
    {
        var flags = (int)call.Third;
        if ((flags & ~(NoFollow | NoAutomount | EmptyPath | SyncType)) != 0 || (flags & SyncType) == SyncType || ((uint)call.Fourth & ReservedMask) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = Find(call.Space, call.Fd, call.Second, flags, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            long result;
            statx_t extended;
            if (target.Host is { } host)
            {
                result = host.GetExtendedStatus(flags & SyncType, (uint)call.Fourth, out extended);
            }
            else
            {
                result = target.GetStatus(out var status);
                extended = SyntheticStatus.Extend(status);
            }

            return result < 0 ? result : -(long)context.Buffers.Write(call.Space, call.Fifth, extended);
        }
    }

    private long CheckAccess(in FileRequest call, int directory, ulong path, int mode, int flags)
    {
        if ((mode & ~AccessModes) != 0 || (flags & ~(NoFollow | EffectiveAccess | EmptyPath)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = Find(call.Space, directory, path, flags & ~EffectiveAccess, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            // Devices can be written wherever they are.
            if ((mode & WriteAccess) != 0 && !target.IsWritable)
            {
                return Errno.EROFS.ToResult();
            }

            return target.Host?.CheckAccess(mode, flags & EffectiveAccess) ?? 0;
        }
    }

    private long ReadLink(in FileRequest call, int directory, ulong path, ulong address, int size)
    {
        if (size <= 0)
        {
            return Errno.EINVAL.ToResult();
        }

        // An empty path means the descriptor's own link, as with AT_EMPTY_PATH.
        var errno = Find(call.Space, directory, path, NoFollow | EmptyPath, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            var buffer = context.Scratch.Span;
            long length;
            if (target.Node is { } node)
            {
                var link = node.Link ?? (node.Descriptor is { } fd ? context.Table[fd]?.Path ?? "pipe"u8.ToArray() : null);
                link?.CopyTo(buffer);
                length = link?.Length ?? Errno.EINVAL.ToResult();
            }
            else
            {
                length = target.Host?.ReadLink(buffer) ?? Errno.EINVAL.ToResult();

                // The kernel's answer for a descriptor that is no link; for a path it is another.
                length = length == Errno.ENOENT.ToResult() && !target.IsOpen ? Errno.EINVAL.ToResult() : length;
            }

            if (length < 0)
            {
                return length;
            }

            length = Math.Min(length, size);
            errno = context.Buffers.CopyOut(call.Space, address, buffer[..(int)length]);
            return errno == Errno.None ? length : errno.ToResult();
        }
    }

    private long GetFileSystem(in FileRequest call)
    {
        var errno = Find(call.Space, SyscallContext.CurrentDirectory, call.First, flags: 0, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return GetFileSystem(context, call.Space, call.Second, target.Host);
        }
    }

    private long GetDirectory(in FileRequest call)
    {
        if (call.Second < (ulong)context.Directory.Length + 1)
        {
            return Errno.ERANGE.ToResult();
        }

        var errno = context.Buffers.CopyOut(call.Space, call.First, (byte[])[.. context.Directory, 0]);
        return errno == Errno.None ? context.Directory.Length + 1 : errno.ToResult();
    }

    private long ChangeDirectory(in FileRequest call)
    {
        var errno = context.Locate(call.Space, SyscallContext.CurrentDirectory, call.First, out var location);
        if (location is null)
        {
            return errno.ToResult();
        }

        errno = context.Namespace.TryFind(location, follow: true, out var host, out var node);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (host)
        {
            stat_t status = default;
            var result = host?.GetStatus(out status) ?? 0;
            status = node?.Status ?? status;
            if (result == 0 && (status.st_mode & ModeBits.Type) != ModeBits.Directory)
            {
                return Errno.ENOTDIR.ToResult();
            }

            result = result == 0 && host is not null ? host.CheckAccess(mode: 1, flags: 0) : result;
            context.Directory = result == 0 ? location.Path : context.Directory;
            return result;
        }
    }

    private long ChangeDirectory(GuestFile? file)
    {
        if (file is null)
        {
            return Errno.EBADF.ToResult();
        }

        var result = file.GetStatus(out var status);
        if (result == 0 && ((status.st_mode & ModeBits.Type) != ModeBits.Directory || file.Path is null))
        {
            return Errno.ENOTDIR.ToResult();
        }

        context.Directory = result == 0 ? file.Path! : context.Directory;
        return result;
    }

    private Errno Find(AddressSpace space, int directory, ulong path, int flags, out StatusTarget target) =>
        StatusTarget.Find(context, space, directory, path, flags, out target);
}
