using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>
/// A pipe within one program, which never waits: who reads an empty pipe or writes a full one would wait for itself, so it is
/// told EAGAIN whatever O_NONBLOCK says.
/// </summary>
internal sealed class Pipe
{
    /// <summary>How much it holds, in bytes (pipe(7)).</summary>
    public const int Capacity = 65536;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _start;

    public Pipe(int flags)
    {
        Reader = new PipeEnd(this, OpenFlags.ReadOnly | flags);
        Writer = new PipeEnd(this, OpenFlags.WriteOnly | flags);
    }

    public GuestFile Reader { get; }

    public GuestFile Writer { get; }

    private int Count { get; set; }

    private bool ReaderClosed { get; set; }

    private bool WriterClosed { get; set; }

    private long Read(GuestIoVector target)
    {
        if (Count == 0)
        {
            return WriterClosed || target.TotalBytes == 0 ? 0 : Errno.EAGAIN.ToResult();
        }

        long total = 0;
        for (var index = 0; index < target.Count; index++)
        {
            var piece = target.GetPiece(index);
            while (!piece.IsEmpty && Count > 0)
            {
                var part = _bytes.AsSpan(_start, Math.Min(Math.Min(piece.Length, Count), Capacity - _start));
                part.CopyTo(piece);
                piece = piece[part.Length..];
                _start = (_start + part.Length) % Capacity;
                Count -= part.Length;
                total += part.Length;
            }
        }

        return total;
    }

    private long Write(GuestIoVector source)
    {
        if (ReaderClosed)
        {
            return Errno.EPIPE.ToResult();
        }

        long total = 0;
        for (var index = 0; index < source.Count; index++)
        {
            ReadOnlySpan<byte> piece = source.GetPiece(index);
            while (!piece.IsEmpty && Count < Capacity)
            {
                var end = (_start + Count) % Capacity;
                var part = piece[..Math.Min(Math.Min(piece.Length, Capacity - Count), Capacity - end)];
                part.CopyTo(_bytes.AsSpan(end));
                piece = piece[part.Length..];
                Count += part.Length;
                total += part.Length;
            }
        }

        return total > 0 || source.TotalBytes == 0 ? total : Errno.EAGAIN.ToResult();
    }

    private sealed class PipeEnd : GuestFile
    {
        private readonly Pipe _pipe;

        public PipeEnd(Pipe pipe, int flags)
        {
            _pipe = pipe;
            Flags = flags;
        }

        public override bool IsPipe => true;

        public override long Read(GuestIoVector target) => CanRead ? _pipe.Read(target) : base.Read(target);

        public override long Write(GuestIoVector source) => CanWrite ? _pipe.Write(source) : base.Write(source);

        public override long GetAvailable() => _pipe.Count;

        public override long GetStatus(out stat_t status)
        {
            status = SyntheticStatus.Of(ModeBits.Fifo | 0x180, inode: 3);
            return 0;
        }

        public override PollEvents Poll() => CanRead
            ? (_pipe.Count > 0 ? PollEvents.In : PollEvents.None) | (_pipe.WriterClosed ? PollEvents.HangUp : PollEvents.None)
            : (_pipe.Count < Capacity ? PollEvents.Out : PollEvents.None) | (_pipe.ReaderClosed ? PollEvents.Error : PollEvents.None);

        public override void Dispose()
        {
            if (CanRead)
            {
                _pipe.ReaderClosed = true;
            }
            else
            {
                _pipe.WriterClosed = true;
            }

            base.Dispose();
        }
    }
}
