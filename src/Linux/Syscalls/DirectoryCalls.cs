using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>The program's working directory.</summary>
internal sealed class DirectoryCalls(SyscallContext context)
{
    public long Get(in GuestCall call)
    {
        if (call.Second < (ulong)context.Directory.Length + 1)
        {
            return Errno.ERANGE.ToResult();
        }

        var errno = context.Buffers.CopyOut(call.Space, call.First, (byte[])[.. context.Directory, 0]);
        return errno == Errno.None ? context.Directory.Length + 1 : errno.ToResult();
    }

    public long Change(in GuestCall call)
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

    public long ChangeToOpen(in GuestCall call)
    {
        if (context.Table[call.Fd] is not { } file)
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
}
