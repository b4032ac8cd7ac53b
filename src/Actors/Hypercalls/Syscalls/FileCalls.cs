using KvmActors.Actors.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Hypercalls.Syscalls;

/// <summary>What is done with an open file besides moving bytes.</summary>
internal sealed class FileCalls(SyscallContext context)
{
    private const int SeekMax = 4;
    private const int AdviceMax = 5;
    private const int LockOperations = 0xF;

    public long Execute(in FileRequest call)
    {
        if (call.Id == HypercallId.Sync)
        {
            return 0;
        }

        if (call.Id == HypercallId.Ftruncate && (long)call.Second < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        if (context.Table[call.Fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        // A descriptor opened with O_PATH is good for what needs no access only.
        var isPath = (file.Flags & OpenFlags.Path) != 0;
        return call.Id switch
        {
            HypercallId.Fstat => GetStatus(call, file),
            HypercallId.Fstatfs => StatusCalls.GetFileSystem(context, call.Space, call.Second, file.Host),
            _ when isPath => Errno.EBADF.ToResult(),
            HypercallId.Lseek => Seek(file, (long)call.Second, (uint)call.Third),
            HypercallId.Ftruncate => file.Truncate((long)call.Second),
            HypercallId.Fsync => file.Sync(dataOnly: false),
            HypercallId.Fdatasync => file.Sync(dataOnly: true),
            HypercallId.Syncfs => 0,
            HypercallId.Fchmod => AttributeCalls.ChangeMode(file, (uint)call.Second),
            HypercallId.Fchown => AttributeCalls.ChangeOwner(file, (uint)call.Second, (uint)call.Third),
            HypercallId.Fadvise64 => Advise(file, (long)call.Third, (int)call.Fourth),
            HypercallId.Readahead => file.CanRead ? (file.HasOffsets ? 0 : Errno.EINVAL.ToResult()) : Errno.EBADF.ToResult(),
            HypercallId.Flock => ((int)call.Second & ~LockOperations) == 0 ? 0 : Errno.EINVAL.ToResult(),
            HypercallId.Getdents64 => ReadDirectory(call, file),
            _ => Errno.ENOSYS.ToResult(),
        };
    }

    private static long Seek(GuestFile file, long offset, uint whence) => whence > SeekMax ? Errno.EINVAL.ToResult() : file.Seek(offset, (int)whence);

    private static long Advise(GuestFile file, long length, int advice) =>
        !file.HasOffsets ? Errno.ESPIPE.ToResult()
        : length < 0 || advice is < 0 or > AdviceMax ? Errno.EINVAL.ToResult() : 0;

    private long GetStatus(in FileRequest call, GuestFile file)
    {
        var result = file.GetStatus(out var status);
        return result < 0 ? result : -(long)context.Buffers.Write(call.Space, call.Second, status);
    }

    private long ReadDirectory(in FileRequest call, GuestFile file)
    {
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
}
