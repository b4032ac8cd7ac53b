using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Files;

/// <summary>
/// A pipe within one program. Nobody waits in here: who reads an empty pipe or writes a full one is told EAGAIN, and waits outside where
/// O_NONBLOCK is not set.
/// </summary>
internal sealed class Pipe
{
    /// <summary>How much it holds, in bytes (pipe(7)).</summary>
    public const int Capacity = 65536;

    /// <summary>The most bytes that are written all at once or not at all (PIPE_BUF of <c>linux/limits.h</c>).</summary>
    public const int Atomic = 4096;

    // What a pipe has room for at first; a power of two, as everything that this grows to.
    private const int FirstRoom = 4096;

    private readonly Quota _memory;
    private byte[] _bytes = [];
    private int _start;

    /// <param name="flags">The status flags of both ends.</param>
    /// <param name="memory">What its guest's pipes may hold of the host's memory; taken as it is filled.</param>
    public Pipe(int flags, Quota memory)
    {
        _memory = memory;
        Reader = new PipeEnd(this, OpenFlags.ReadOnly | flags);
        Writer = new PipeEnd(this, OpenFlags.WriteOnly | flags);
    }

    public PipeEnd Reader { get; }

    public PipeEnd Writer { get; }

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
                var part = _bytes.AsSpan(_start, Math.Min(Math.Min(piece.Length, Count), _bytes.Length - _start));
                part.CopyTo(piece);
                piece = piece[part.Length..];
                _start = (_start + part.Length) % _bytes.Length;
                Count -= part.Length;
                total += part.Length;
            }
        }

        Writer.Wake();
        return total;
    }

    private long Write(GuestIoVector source)
    {
        if (ReaderClosed)
        {
            return Errno.EPIPE.ToResult();
        }

        var isAtomic = source.TotalBytes <= Atomic;
        if (isAtomic && (int)source.TotalBytes > Capacity - Count)
        {
            return Errno.EAGAIN.ToResult();
        }

        if (!TryMakeRoom((int)Math.Min(source.TotalBytes, (ulong)(Capacity - Count))) && (isAtomic || Count == _bytes.Length))
        {
            return Errno.ENOMEM.ToResult();
        }

        long total = 0;
        for (var index = 0; index < source.Count; index++)
        {
            ReadOnlySpan<byte> piece = source.GetPiece(index);
            while (!piece.IsEmpty && Count < _bytes.Length)
            {
                var end = (_start + Count) % _bytes.Length;
                var part = piece[..Math.Min(Math.Min(piece.Length, _bytes.Length - Count), _bytes.Length - end)];
                part.CopyTo(_bytes.AsSpan(end));
                piece = piece[part.Length..];
                Count += part.Length;
                total += part.Length;
            }
        }

        if (total > 0)
        {
            Reader.Wake();
        }

        return total > 0 || source.TotalBytes == 0 ? total : Errno.EAGAIN.ToResult();
    }

    private bool TryMakeRoom(int more)
    {
        var room = _bytes.Length;
        while (room < Count + more)
        {
            room = Math.Max(FirstRoom, room * 2);
        }

        if (room == _bytes.Length)
        {
            return true;
        }

        if (!_memory.TryTake(room - _bytes.Length))
        {
            return false;
        }

        var bytes = new byte[room];
        var first = Math.Min(Count, _bytes.Length - _start);
        _bytes.AsSpan(_start, first).CopyTo(bytes);
        _bytes.AsSpan(0, Count - first).CopyTo(bytes.AsSpan(first));
        (_bytes, _start) = (bytes, 0);
        return true;
    }

    // Nobody can read what is left, or there is nothing left to read.
    private void GiveUpMemory()
    {
        _memory.Return(_bytes.Length);
        (_bytes, _start, Count) = ([], 0, 0);
    }

    /// <summary>An end of a pipe.</summary>
    internal sealed class PipeEnd : GuestFile
    {
        private readonly Pipe _pipe;

        public PipeEnd(Pipe pipe, int flags)
        {
            _pipe = pipe;
            Flags = flags;
        }

        public override bool IsPipe => true;

        public override bool CanPoll => true;

        public override bool WritesAll => true;

        /// <summary>Wakes those who wait for it.</summary>
        public void Wake() => Changed();

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
            : (_pipe.Count <= Capacity - Atomic ? PollEvents.Out : PollEvents.None) | (_pipe.ReaderClosed ? PollEvents.Error : PollEvents.None);

        public override void Dispose()
        {
            if (CanRead)
            {
                _pipe.ReaderClosed = true;
                _pipe.Writer.Wake();
            }
            else
            {
                _pipe.WriterClosed = true;
                _pipe.Reader.Wake();
            }

            if (_pipe.ReaderClosed)
            {
                _pipe.GiveUpMemory();
            }

            base.Dispose();
        }
    }
}
