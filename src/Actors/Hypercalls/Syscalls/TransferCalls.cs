using KvmActors.Actors.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Actors.Hypercalls.Syscalls;

/// <summary>Bytes between files and the guest's memory, with no copy in between.</summary>
internal sealed class TransferCalls(SyscallContext context)
{
    /// <summary>The most one transfer moves, as on Linux (MAX_RW_COUNT of <c>linux/fs.h</c>), in bytes.</summary>
    private const ulong MaxTransfer = 0x7FFF_F000;

    private const ulong MaxRandom = 0x01FF_FFFF;
    private const uint RandomFlags = 7;
    private const long NoOffset = -1;

    private readonly DeviceFile _random = new(DeviceKind.Random, default, OpenFlags.ReadOnly);

    private enum Kind
    {
        Read,
        Write,
        ReadAt,
        WriteAt,
    }

    public long Execute(in FileRequest call) => call.Id switch
    {
        HypercallId.Read => One(call, Kind.Read),
        HypercallId.Write => One(call, Kind.Write),
        HypercallId.Pread64 => One(call, Kind.ReadAt),
        HypercallId.Pwrite64 => One(call, Kind.WriteAt),
        HypercallId.Readv => Many(call, Kind.Read),
        HypercallId.Writev => Many(call, Kind.Write),
        HypercallId.Preadv => Many(call, Kind.ReadAt),
        HypercallId.Pwritev => Many(call, Kind.WriteAt),
        HypercallId.Preadv2 => WithFlags(call, Kind.Read, Kind.ReadAt),
        HypercallId.Pwritev2 => WithFlags(call, Kind.Write, Kind.WriteAt),
        HypercallId.Sendfile => SendFile(call),
        HypercallId.Getrandom => GetRandom(call),
        _ => Errno.ENOSYS.ToResult(),
    };

    private long One(in FileRequest call, Kind kind)
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
    private long Many(in FileRequest call, Kind kind)
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

    private long WithFlags(in FileRequest call, Kind atPosition, Kind atOffset) =>
        (uint)call.Sixth != 0 ? Errno.EOPNOTSUPP.ToResult() : Many(call, (long)call.Fourth == NoOffset ? atPosition : atOffset);

    private Errno Check(int fd, Kind kind, long offset, out GuestFile? file)
    {
        file = null;
        var hasOffset = kind is Kind.ReadAt or Kind.WriteAt;
        if (hasOffset && offset < 0)
        {
            return Errno.EINVAL;
        }

        file = context.Table[fd];
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
        var cursor = default(BufferCursor);
        var errno = context.Buffers.Map(space, buffers, ref cursor, forWrite, pieces);
        if (errno == Errno.None && cursor.Index < buffers.Length)
        {
            // All of it must be there before the first byte moves.
            var rest = cursor;
            errno = context.Buffers.Map(space, buffers, ref rest, forWrite, pieces: null);
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        long total = 0;
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
                return total > 0 ? total : moved;
            }

            total += moved;
            if ((ulong)moved < mapped || cursor.Index >= buffers.Length
                || context.Buffers.Map(space, buffers, ref cursor, forWrite, pieces) != Errno.None)
            {
                return total;
            }
        }
    }

    private long SendFile(in FileRequest call)
    {
        var (output, input) = (context.Table[(int)call.First], context.Table[(int)call.Second]);
        if (output is not { CanWrite: true } || input is not { CanRead: true })
        {
            return Errno.EBADF.ToResult();
        }

        // As on Linux, only what has positions can be sent; and nothing is sent to a file that is appended to.
        if (input is not HostGuestFile || (output.Flags & OpenFlags.Append) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        long? offset = null;
        if (call.Third != 0)
        {
            var errno = context.Buffers.Read(call.Space, call.Third, out long position);
            if (errno == Errno.None)
            {
                errno = context.Buffers.CheckWritable(call.Space, call.Third, sizeof(long));
            }

            if (errno != Errno.None || position < 0)
            {
                return (errno != Errno.None ? errno : Errno.EINVAL).ToResult();
            }

            offset = position;
        }

        var sent = Copy(input, output, (long)Math.Min(call.Fourth, MaxTransfer), offset);
        if (offset is { } start && sent > 0)
        {
            _ = context.Buffers.Write(call.Space, call.Third, start + sent);
        }

        return sent;
    }

    private long Copy(GuestFile input, GuestFile output, long count, long? offset)
    {
        // What was read and not taken must stay unread, so the position moves only behind what was written.
        var from = offset ?? input.Seek(0, whence: 1);
        if (from < 0)
        {
            return from;
        }

        long total = 0;
        long last = 0;
        while (total < count)
        {
            context.Pieces.Set(context.Scratch, (int)Math.Min(count - total, Interop.Memory.PinnedBuffer.Bytes));
            last = from > long.MaxValue - total ? Errno.EINVAL.ToResult() : input.ReadAt(context.Pieces, from + total);
            if (last <= 0)
            {
                break;
            }

            var read = last;
            context.Pieces.Set(context.Scratch, (int)read);
            last = output.Write(context.Pieces);
            if (last < 0)
            {
                break;
            }

            total += last;
            if (last < read)
            {
                break;
            }
        }

        if (offset is null && total > 0)
        {
            input.Seek(from + total, whence: 0);
        }

        return total > 0 || last >= 0 ? total : last;
    }

    private long GetRandom(in FileRequest call)
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
        return Transfer(_random, call.Space, new ReadOnlySpan<guest_iovec>(in buffer), Kind.Read, 0);
    }
}
