using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Files;

/// <summary>The devices that every guest has below <c>/dev</c>.</summary>
internal enum DeviceKind
{
    Null,
    Zero,
    Full,
    Random,
    Terminal,
}

/// <summary>An open device.</summary>
internal sealed class DeviceFile : GuestFile
{
    private readonly DeviceKind _kind;
    private readonly stat_t _status;
    private readonly GuestRandom _random;

    public DeviceFile(DeviceKind kind, in stat_t status, int flags, GuestRandom random)
    {
        (_kind, _status, _random) = (kind, status, random);
        Flags = OpenFlags.Show(flags);
    }

    public override bool HasOffsets => true;

    public override long Read(GuestIoVector target)
    {
        if (_kind == DeviceKind.Null)
        {
            return 0;
        }

        for (var index = 0; index < target.Count; index++)
        {
            Fill(target.GetPiece(index));
        }

        return (long)target.TotalBytes;
    }

    public override long ReadAt(GuestIoVector target, long offset) => Read(target);

    public override long Write(GuestIoVector source) =>
        _kind == DeviceKind.Full ? Errno.ENOSPC.ToResult() : (long)source.TotalBytes;

    public override long WriteAt(GuestIoVector source, long offset) => Write(source);

    public override long Seek(long offset, int whence) => 0;

    public override long GetStatus(out stat_t status)
    {
        status = _status;
        return 0;
    }

    private void Fill(Span<byte> bytes)
    {
        if (_kind == DeviceKind.Random)
        {
            _random.Fill(bytes);
        }
        else
        {
            bytes.Clear();
        }
    }
}
