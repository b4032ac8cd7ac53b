using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Files;

/// <summary>An open file whose bytes are in the host's memory.</summary>
internal sealed class TextFile : GuestFile
{
    private readonly ReadOnlyMemory<byte> _text;
    private readonly stat_t _status;
    private readonly Quota? _quota;
    private long _position;

    /// <param name="text">Its bytes, which were taken from the quota.</param>
    /// <param name="status">What stat(2) tells.</param>
    /// <param name="flags">What the guest opened it with.</param>
    /// <param name="quota">Where its bytes are given back; null for nowhere.</param>
    public TextFile(ReadOnlyMemory<byte> text, in stat_t status, int flags, Quota? quota)
    {
        (_text, _status, _quota) = (text, status, quota);
        Flags = OpenFlags.Show(flags);
    }

    public override bool HasOffsets => true;

    public override long Read(GuestIoVector target)
    {
        var read = ReadAt(target, _position);
        _position += read;
        return read;
    }

    public override long ReadAt(GuestIoVector target, long offset)
    {
        long total = 0;
        for (var index = 0; index < target.Count && offset + total < _text.Length; index++)
        {
            var piece = target.GetPiece(index);
            var rest = _text.Span[(int)(offset + total)..];
            var part = rest[..Math.Min(rest.Length, piece.Length)];
            part.CopyTo(piece);
            total += part.Length;
        }

        return total;
    }

    public override long Seek(long offset, int whence)
    {
        var from = whence switch { 0 => 0, 1 => _position, 2 => _text.Length, _ => -1 };
        if (from < 0 || offset > long.MaxValue - from || from + offset < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        return _position = from + offset;
    }

    public override long GetStatus(out stat_t status)
    {
        status = _status;
        return 0;
    }

    public override long GetAvailable() => Math.Max(0, _text.Length - _position);

    public override void Dispose()
    {
        _quota?.Return(_text.Length);
        base.Dispose();
    }
}
