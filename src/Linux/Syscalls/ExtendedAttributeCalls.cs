using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>Extended attributes (xattr(7)): a guest's files have none, as on a file system that knows none.</summary>
internal sealed class ExtendedAttributeCalls(SyscallContext context)
{
    /// <summary>Reads, sets or removes one of a path's.</summary>
    /// <returns>EOPNOTSUPP, once the path has led somewhere.</returns>
    public long Refuse(in GuestCall call, int flags = 0) => Find(call, flags) is var errno and not Errno.None ? errno.ToResult() : Errno.EOPNOTSUPP.ToResult();

    /// <summary>Likewise an open file's.</summary>
    public long RefuseOpen(in GuestCall call) => (context.Table[call.Fd] is null ? Errno.EBADF : Errno.EOPNOTSUPP).ToResult();

    /// <summary>Lists a path's.</summary>
    /// <returns>0: there are none.</returns>
    public long List(in GuestCall call, int flags = 0) => Find(call, flags).ToResult();

    /// <summary>Lists an open file's.</summary>
    public long ListOpen(in GuestCall call) => (context.Table[call.Fd] is null ? Errno.EBADF : Errno.None).ToResult();

    private Errno Find(in GuestCall call, int flags)
    {
        var errno = StatusTarget.Find(context, call.Space, SyscallContext.CurrentDirectory, call.First, flags, out var target);
        target.Dispose();
        return errno;
    }
}
