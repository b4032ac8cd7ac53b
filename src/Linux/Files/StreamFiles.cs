using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Streams;

namespace KvmActors.Linux.Files;

/// <summary>
/// The guest's end of a stream that a program of the host has the other end of: a pipe to whoever looks. Nobody waits in here; who waits
/// outside is woken by the host, and makes its call again.
/// </summary>
internal abstract class StreamEnd(StreamBuffer stream) : GuestFile
{
    public override bool CanPoll => true;

    public override bool ChangesByItself => true;

    protected StreamBuffer Stream { get; } = stream;

    public override void Look() => Changed();

    public override long GetAvailable() => Stream.Available;

    public override long GetStatus(out stat_t status)
    {
        status = SyntheticStatus.Of(ModeBits.Fifo | 0x180, inode: 4);
        return 0;
    }
}

/// <summary>One that the guest reads.</summary>
internal sealed class GuestStreamReader : StreamEnd
{
    public GuestStreamReader(StreamBuffer stream, int flags)
        : base(stream) => Flags = (flags & ~OpenFlags.AccessMode) | OpenFlags.ReadOnly;

    public override long Read(GuestIoVector target)
    {
        long total = 0;
        for (var index = 0; index < target.Count; index++)
        {
            var piece = target.GetPiece(index);
            var read = Stream.Read(piece);
            if (read <= 0)
            {
                return total > 0 || read == 0 || target.TotalBytes == 0 ? total : Errno.EAGAIN.ToResult();
            }

            total += read;
            if (read < piece.Length)
            {
                break;
            }
        }

        return total;
    }

    public override PollEvents Poll() => Stream.IsReadable ? PollEvents.In : PollEvents.None;
}

/// <summary>One that the guest writes.</summary>
internal sealed class GuestStreamWriter : StreamEnd
{
    public GuestStreamWriter(StreamBuffer stream, int flags)
        : base(stream) => Flags = (flags & ~OpenFlags.AccessMode) | OpenFlags.WriteOnly;

    public override bool WritesAll => true;

    public override long Write(GuestIoVector source)
    {
        long total = 0;
        for (var index = 0; index < source.Count; index++)
        {
            var piece = source.GetPiece(index);
            var written = Stream.Write(piece);
            if (written <= 0)
            {
                return total > 0 || piece.IsEmpty ? total : (written < 0 ? Errno.EPIPE : Errno.EAGAIN).ToResult();
            }

            total += written;
            if (written < piece.Length)
            {
                break;
            }
        }

        return total;
    }

    public override PollEvents Poll() =>
        (Stream.IsWritable ? PollEvents.Out : PollEvents.None) | (Stream.IsAbandoned ? PollEvents.Error : PollEvents.None);
}
