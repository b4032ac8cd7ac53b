using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>The program's working directory.</summary>
internal sealed class DirectoryCalls(SyscallContext context)
{
    public long Get(in GuestCall call)
    {
        if (context.Directory == GuestPath.TooLong)
        {
            return Errno.ENAMETOOLONG.ToResult();
        }

        if (call.Second < (ulong)context.Directory.Length + 1)
        {
            return Errno.ERANGE.ToResult();
        }

        var errno = context.Buffers.CopyOut(call.Space, call.First, (byte[])[.. context.Directory, 0]);
        return errno == Errno.None ? context.Directory.Length + 1 : errno.ToResult();
    }

    public long Change(in GuestCall call)
    {
        var errno = context.Find(call.Space, SyscallContext.CurrentDirectory, call.First, LookupMode.Follow, out var found);
        if (found is null)
        {
            return errno.ToResult();
        }

        using (found)
        {
            if (found.Host is { IsDirectory: false } || found.IsOwn)
            {
                return Errno.ENOTDIR.ToResult();
            }

            var result = found.Host?.CheckAccess(mode: 1, flags: 0) ?? 0;
            context.Directory = result == 0 ? found.Path : context.Directory;
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
