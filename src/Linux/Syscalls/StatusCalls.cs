using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>What files are.</summary>
internal sealed class StatusCalls(SyscallContext context)
{
    // linux/fcntl.h
    private const int NoFollow = StatusTarget.NoFollow, EffectiveAccess = 0x200, NoAutomount = 0x800, EmptyPath = StatusTarget.EmptyPath, SyncType = 0x6000;
    private const int AccessModes = 7;
    private const uint ReservedMask = 0x8000_0000;
    private const int WriteAccess = 2;

    // linux/magic.h
    private const long TmpfsMagic = 0x0102_1994;

    /// <summary>Writes the status of a file's file system into the guest.</summary>
    /// <param name="context">What the program has.</param>
    /// <param name="space">What kind of address it is.</param>
    /// <param name="address">Where to.</param>
    /// <param name="file">The host's file; null for what is not the host's.</param>
    public static long GetFileSystem(SyscallContext context, AddressSpace space, ulong address, HostObject? file)
    {
        var status = new statfs_t { f_type = TmpfsMagic, f_bsize = 4096, f_frsize = 4096, f_namelen = 255 };
        var result = file?.GetFileSystem(out status) ?? 0;
        return result < 0 ? result : -(long)context.Buffers.Write(space, address, status);
    }

    public long GetStatus(in GuestCall call, int directory, ulong path, ulong address, int flags)
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

    public long GetExtendedStatus(in GuestCall call)
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

    public long CheckAccess(in GuestCall call, int directory, ulong path, int mode, int flags)
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

    public long ReadLink(in GuestCall call, int directory, ulong path, ulong address, int size)
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
                var link = context.Namespace.ReadLink(node) ?? (node.Descriptor is { } fd ? context.Table[fd]?.Path ?? context.Table[fd]?.Title ?? "pipe"u8.ToArray() : null);
                if (link == GuestPath.TooLong)
                {
                    return Errno.ENAMETOOLONG.ToResult();
                }

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

    public long GetFileSystem(in GuestCall call)
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

    private Errno Find(AddressSpace space, int directory, ulong path, int flags, out StatusTarget target) =>
        StatusTarget.Find(context, space, directory, path, flags, out target);
}
