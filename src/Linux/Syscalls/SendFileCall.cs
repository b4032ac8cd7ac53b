using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Bytes from one file to another: sendfile(2).</summary>
internal sealed class SendFileCall(SyscallContext context)
{
    public long SendFile(in GuestCall call)
    {
        var (output, input) = (context.FileOf((int)call.First), context.Table[(int)call.Second]);
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

        var sent = Copy(input, output, (long)Math.Min(call.Fourth, TransferCalls.MaxTransfer), offset);
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

        context.Shared.Find(input)?.WriteBack(from, count);
        var shared = context.Shared.Find(output);
        long total = 0;
        long last = 0;
        while (total < count)
        {
            context.Pieces.Set(context.Scratch, (int)Math.Min(count - total, PinnedBuffer.Bytes));
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

            shared?.Reread(output.Seek(0, whence: 1) - last, last);
            total += last;
            if (last < read || context.IsStopped)
            {
                break;
            }
        }

        if (offset is null && total > 0)
        {
            input.Seek(from + total, whence: 0);
        }

        return total > 0 || last >= 0 ? total
            : last == Errno.EAGAIN.ToResult() && output.Blocks ? context.WaitFor(output, PollEvents.Out, Errno.ERESTARTSYS) : last;
    }
}
