using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>Bytes between files and the guest's memory, with no copy in between.</summary>
internal sealed class TransferCalls(SyscallContext context)
{
    /// <summary>The most one transfer moves, as on Linux (MAX_RW_COUNT of <c>linux/fs.h</c>), in bytes.</summary>
    public const ulong MaxTransfer = 0x7FFF_F000;

    private const ulong MaxRandom = 0x01FF_FFFF;
    private const uint RandomFlags = 7;
    private const long NoOffset = -1;

    private enum Kind
    {
        Read,
        Write,
        ReadAt,
        WriteAt,
    }

    public long Read(in GuestCall call) => One(call, Kind.Read);

    public long Write(in GuestCall call) => One(call, Kind.Write);

    public long ReadAt(in GuestCall call) => One(call, Kind.ReadAt);

    public long WriteAt(in GuestCall call) => One(call, Kind.WriteAt);

    public long ReadVector(in GuestCall call) => Many(call, Kind.Read);

    public long WriteVector(in GuestCall call) => Many(call, Kind.Write);

    public long ReadVectorAt(in GuestCall call) => Many(call, Kind.ReadAt);

    public long WriteVectorAt(in GuestCall call) => Many(call, Kind.WriteAt);

    public long ReadVectorWithFlags(in GuestCall call) => WithFlags(call, Kind.Read, Kind.ReadAt);

    public long WriteVectorWithFlags(in GuestCall call) => WithFlags(call, Kind.Write, Kind.WriteAt);

    private long One(in GuestCall call, Kind kind)
    {
        var offset = (long)call.Fourth;
        var errno = Check(call.Fd, kind, offset, out var file);
        if (errno == Errno.None && !context.Buffers.IsPlausible(call.Space, call.Second, call.Third))
        {
            errno = Errno.EFAULT;
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var buffer = new guest_iovec { iov_base = call.Second, iov_len = Math.Min(call.Third, MaxTransfer) };
        return Transfer(file!, call.Space, new ReadOnlySpan<guest_iovec>(in buffer), kind, offset);
    }

    // The offset's upper half is an argument of its own, which means nothing on x86-64.
    private long Many(in GuestCall call, Kind kind)
    {
        var offset = (long)call.Fourth;
        var errno = Check(call.Fd, kind, offset, out var file);
        var count = 0;
        if (errno == Errno.None)
        {
            errno = ReadVectors(call.Space, call.Second, call.Third, out count);
        }

        return errno == Errno.None ? Transfer(file!, call.Space, context.Vectors.AsSpan(0, count), kind, offset) : errno.ToResult();
    }

    private long WithFlags(in GuestCall call, Kind atPosition, Kind atOffset) =>
        (uint)call.Sixth != 0 ? Errno.EOPNOTSUPP.ToResult() : Many(call, (long)call.Fourth == NoOffset ? atPosition : atOffset);

    private Errno Check(int fd, Kind kind, long offset, out GuestFile? file)
    {
        file = null;
        var hasOffset = kind is Kind.ReadAt or Kind.WriteAt;
        if (hasOffset && offset < 0)
        {
            return Errno.EINVAL;
        }

        file = context.FileOf(fd);
        if (file is null)
        {
            return Errno.EBADF;
        }

        if (hasOffset && !file.HasOffsets && (file.Flags & OpenFlags.Path) == 0)
        {
            return Errno.ESPIPE;
        }

        return (kind is Kind.Read or Kind.ReadAt ? file.CanRead : file.CanWrite) ? Errno.None : Errno.EBADF;
    }

    // Checked and cut as Linux does it: import_iovec() in lib/iov_iter.c.
    private Errno ReadVectors(AddressSpace space, ulong address, ulong count, out int vectors)
    {
        vectors = 0;
        if (count > SyscallContext.MaxBuffers)
        {
            return Errno.EINVAL;
        }

        var copy = context.Vectors.AsSpan(0, (int)count);
        var errno = context.Buffers.CopyIn(space, address, System.Runtime.InteropServices.MemoryMarshal.AsBytes(copy));
        if (errno != Errno.None)
        {
            return errno;
        }

        var left = MaxTransfer;
        foreach (ref var vector in copy)
        {
            if (vector.iov_len > long.MaxValue)
            {
                return Errno.EINVAL;
            }

            if (!context.Buffers.IsPlausible(space, vector.iov_base, vector.iov_len))
            {
                return Errno.EFAULT;
            }

            vector.iov_len = Math.Min(vector.iov_len, left);
            left -= vector.iov_len;
        }

        vectors = (int)count;
        return Errno.None;
    }

    private long Transfer(GuestFile file, AddressSpace space, ReadOnlySpan<guest_iovec> buffers, Kind kind, long offset)
    {
        var pieces = context.Pieces;
        var forWrite = kind is Kind.Read or Kind.ReadAt;

        // What a call has written before it had to wait.
        var total = context.Waiter.Done;
        var cursor = BufferCursor.Behind(buffers, (ulong)total);
        var errno = context.Buffers.Map(space, buffers, ref cursor, forWrite, pieces);

        // All of it must be there before the first byte moves.
        for (var rest = cursor; errno == Errno.None && rest.Index < buffers.Length;)
        {
            errno = context.IsStopped ? Errno.EINTR : context.Buffers.Map(space, buffers, ref rest, forWrite, pieces: null);
        }

        if (errno != Errno.None)
        {
            return total > 0 ? total : errno.ToResult();
        }

        var shared = context.Shared.Find(file);
        var start = shared is null ? 0 : StartOf(file, kind, offset);
        if (forWrite)
        {
            shared?.WriteBack(start, (long)TotalOf(buffers));
        }

        while (true)
        {
            var mapped = pieces.TotalBytes;
            var moved = kind switch
            {
                Kind.Read => file.Read(pieces),
                Kind.Write => file.Write(pieces),
                _ when offset > long.MaxValue - total => Errno.EINVAL.ToResult(),
                Kind.ReadAt => file.ReadAt(pieces, offset + total),
                _ => file.WriteAt(pieces, offset + total),
            };
            if (moved < 0)
            {
                return moved == Errno.EAGAIN.ToResult() && file.Blocks && (total == 0 || file.WritesAll) ? WaitFor(file, kind, total) : total > 0 ? total : moved;
            }

            if (!forWrite && shared is not null)
            {
                shared.Reread(EndOf(file, kind, offset + total + moved) - moved, moved);
            }

            total += moved;
            if ((ulong)moved < mapped && kind == Kind.Write && file.WritesAll && file.Blocks && !context.IsStopped)
            {
                return WaitFor(file, kind, total);
            }

            if ((ulong)moved < mapped || cursor.Index >= buffers.Length || context.IsStopped
                || context.Buffers.Map(space, buffers, ref cursor, forWrite, pieces) != Errno.None)
            {
                return total;
            }
        }
    }

    // Nobody waits in here: the vCPU does, outside, and makes the call again.
    private long WaitFor(GuestFile file, Kind kind, long total)
    {
        var result = context.WaitFor(file, kind == Kind.Read ? PollEvents.In : PollEvents.Out, Errno.ERESTARTSYS);
        context.Waiter.Done = total;
        return result < 0 && total > 0 ? total : result;
    }

    // Of a file that is mapped shared: where in it a transfer begins.
    private static long StartOf(GuestFile file, Kind kind, long offset) =>
        kind is Kind.ReadAt or Kind.WriteAt ? offset : Math.Max(0, file.Seek(0, whence: 1));

    // And where a write has ended. What is appended goes to the file's end, whatever offset is said.
    private static long EndOf(GuestFile file, Kind kind, long offset)
    {
        if (kind != Kind.WriteAt)
        {
            return Math.Max(0, file.Seek(0, whence: 1));
        }

        return (file.Flags & OpenFlags.Append) != 0 && file.GetStatus(out var status) >= 0 ? status.st_size : offset;
    }

    private static ulong TotalOf(ReadOnlySpan<guest_iovec> buffers)
    {
        ulong total = 0;
        foreach (var buffer in buffers)
        {
            total += Math.Min(buffer.iov_len, MaxTransfer);
        }

        return Math.Min(total, MaxTransfer);
    }

    public long GetRandom(in GuestCall call)
    {
        // GRND_RANDOM and GRND_INSECURE together mean nothing (getrandom(2)).
        if (call.Third > RandomFlags || (call.Third & 6) == 6)
        {
            return Errno.EINVAL.ToResult();
        }

        if (!context.Buffers.IsPlausible(call.Space, call.First, call.Second))
        {
            return Errno.EFAULT.ToResult();
        }

        var buffer = new guest_iovec { iov_base = call.First, iov_len = Math.Min(call.Second, MaxRandom) };
        return Transfer(context.RandomDevice, call.Space, new ReadOnlySpan<guest_iovec>(in buffer), Kind.Read, 0);
    }
}
