using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>What is done with an open file besides moving bytes.</summary>
internal sealed class FileCalls(SyscallContext context)
{
    private const int SeekMax = 4;
    private const int AdviceMax = 5;
    private const int LockOperations = 0xF;

    public long GetStatus(in GuestCall call)
    {
        if (context.Table[call.Fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        var result = file.GetStatus(out var status);
        return result < 0 ? result : context.Buffers.Write(call.Space, call.Second, status).ToResult();
    }

    public long GetFileSystem(in GuestCall call) => context.Table[call.Fd] is { } file
        ? StatusCalls.GetFileSystem(context, call.Space, call.Second, file.Host)
        : Errno.EBADF.ToResult();

    public long Seek(in GuestCall call) => Find(call) is not { } file ? Errno.EBADF.ToResult()
        : (uint)call.Third > SeekMax ? Errno.EINVAL.ToResult()
        : file.Seek((long)call.Second, (int)call.Third);

    public long Truncate(in GuestCall call)
    {
        if ((long)call.Second < 0 || Find(call) is not { } file)
        {
            return ((long)call.Second < 0 ? Errno.EINVAL : Errno.EBADF).ToResult();
        }

        var result = file.Truncate((long)call.Second);
        context.Shared.Find(file)?.CutOff();
        return result;
    }

    // In the order of Linux: vfs_fallocate() in fs/open.c.
    public long Allocate(in GuestCall call)
    {
        var (mode, offset, length) = ((int)call.Second, (long)call.Third, (long)call.Fourth);
        if (Find(call) is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        if (offset < 0 || length <= 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var kind = mode & ~FallocateModes.KeepSize;
        if ((mode & ~FallocateModes.Known) != 0 || (kind != 0 && kind != FallocateModes.PunchHole && kind != FallocateModes.ZeroRange)
            || mode == FallocateModes.PunchHole)
        {
            return Errno.EOPNOTSUPP.ToResult();
        }

        if (!file.CanWrite || file.IsPipe)
        {
            return (file.CanWrite ? Errno.ESPIPE : Errno.EBADF).ToResult();
        }

        var result = file.Allocate(mode, offset, length);
        if (kind != 0 && result == 0)
        {
            context.Shared.Find(file)?.Reread(offset, length);
        }

        return result;
    }

    public long Sync(in GuestCall call, bool dataOnly) => Find(call)?.Sync(dataOnly) ?? Errno.EBADF.ToResult();

    public long SyncFileSystem(in GuestCall call) => Find(call) is null ? Errno.EBADF.ToResult() : 0;

    public long ChangeMode(in GuestCall call) =>
        Find(call) is { } file ? AttributeCalls.ChangeMode(file, (uint)call.Second) : Errno.EBADF.ToResult();

    public long ChangeOwner(in GuestCall call) =>
        Find(call) is { } file ? AttributeCalls.ChangeOwner(file, (uint)call.Second, (uint)call.Third) : Errno.EBADF.ToResult();

    public long Advise(in GuestCall call) => Find(call) is not { } file ? Errno.EBADF.ToResult()
        : !file.HasOffsets ? Errno.ESPIPE.ToResult()
        : (long)call.Third < 0 || (int)call.Fourth is < 0 or > AdviceMax ? Errno.EINVAL.ToResult() : 0;

    public long ReadAhead(in GuestCall call) => Find(call) is not { CanRead: true } file ? Errno.EBADF.ToResult()
        : file.HasOffsets ? 0 : Errno.EINVAL.ToResult();

    // What programs find out by it is that their standard streams are none, which ENOSYS would not say.
    public long RefuseNoSocket(in GuestCall call) => (context.Table[call.Fd] is null ? Errno.EBADF : Errno.ENOTSOCK).ToResult();

    public long Lock(in GuestCall call) => Find(call) is null ? Errno.EBADF.ToResult()
        : ((int)call.Second & ~LockOperations) == 0 ? 0 : Errno.EINVAL.ToResult();

    public long ReadDirectory(in GuestCall call)
    {
        if (Find(call) is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        var entries = context.Scratch.Span[..(int)Math.Min((uint)call.Third, PinnedBuffer.Bytes)];

        // Before the position moves.
        var errno = context.Buffers.CheckWritable(call.Space, call.Second, (ulong)entries.Length);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var read = file.ReadDirectory(entries);
        if (read > 0 && context.Buffers.CopyOut(call.Space, call.Second, entries[..(int)read]) is var failed and not Errno.None)
        {
            return failed.ToResult();
        }

        return read;
    }

    // A descriptor opened with O_PATH is good for what needs no access only.
    private GuestFile? Find(in GuestCall call) => context.Table[call.Fd] is { } file && (file.Flags & OpenFlags.Path) == 0 ? file : null;
}
