using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>A host file that a guest has open.</summary>
internal sealed class HostGuestFile : GuestFile
{
    private readonly HostFile _file;
    private readonly FileQuotas _quotas;
    private readonly AllocatedBlocks _blocks;
    private readonly DirectoryEntries? _mountPoints;
    private bool _hostEnded;
    private OverlayNode? _changed;

    // Where the file's own position is; null when nobody asked yet. Nobody but this guest moves it.
    private long? _position;

    /// <param name="file">The host's file.</param>
    /// <param name="flags">What the guest opened it with.</param>
    /// <param name="quotas">What the guest may still use.</param>
    /// <param name="mountPoints">Names that a directory has only in the guest's view; null for none.</param>
    public HostGuestFile(HostFile file, int flags, FileQuotas quotas, IReadOnlyList<DirectoryEntry>? mountPoints = null)
    {
        _file = file;
        _quotas = quotas;
        _blocks = new AllocatedBlocks(file);
        _mountPoints = mountPoints is { Count: > 0 } ? new DirectoryEntries(mountPoints) : null;
        Flags = OpenFlags.Show(flags);
    }

    /// <summary>Where it was found, when it is the host's own file below a layer; null otherwise.</summary>
    public OverlayPlace? Place { get; init; }

    public override HostObject Host => Shown;

    public override HostObject? HostToChange => Place is null ? _file : _changed ??= Place.Find();

    // What a change of its mode or times made of it, where it was the host's own.
    private HostObject Shown => (HostObject?)_changed ?? _file;

    public override bool HasOffsets => true;

    public override long Read(GuestIoVector target)
    {
        _position = null;
        return _file.Read(target);
    }

    public override long ReadAt(GuestIoVector target, long offset) => _file.ReadAt(target, offset);

    public override long Write(GuestIoVector source) => Write(source, offset: null);

    public override long WriteAt(GuestIoVector source, long offset) => Write(source, offset);

    public override long Seek(long offset, int whence)
    {
        if (_mountPoints is not null && whence == 0 && DirectoryEntries.IsPosition(offset))
        {
            _hostEnded = true;
            return _mountPoints.Seek(offset);
        }

        if (_mountPoints is not null && whence == 1 && offset == 0 && _hostEnded)
        {
            return _mountPoints.Position;
        }

        _hostEnded = false;
        _position = null;
        return _file.Seek(offset, whence);
    }

    public override long GetStatus(out stat_t status) => Shown.GetStatus(out status);

    public override long ReadDirectory(Span<byte> entries)
    {
        if (!_hostEnded)
        {
            var read = _file.ReadDirectory(entries);
            if (read != 0 || _mountPoints is null)
            {
                return read;
            }

            _hostEnded = true;
            _mountPoints.Seek(0);
        }

        return _mountPoints!.Read(entries);
    }

    public override long Truncate(long length) => !CanWrite ? Errno.EINVAL.ToResult()
        : !_quotas.AllowsSize(length) ? Errno.EFBIG.ToResult() : _file.Truncate(length);

    public override long Allocate(int mode, long offset, long length)
    {
        if (!_blocks.IsRegular || (mode & FallocateModes.PunchHole) != 0)
        {
            var result = _file.Allocate(mode, offset, length);
            _blocks.Forget(offset);
            return result;
        }

        if (offset > long.MaxValue - length || !_quotas.AllowsSize(offset + length))
        {
            return Errno.EFBIG.ToResult();
        }

        var cost = _blocks.CostOf(offset, length);
        if (!_quotas.BytesAllocated.TryTake(cost))
        {
            return Errno.ENOSPC.ToResult();
        }

        var allocated = _file.Allocate(mode, offset, length);
        if (allocated == 0)
        {
            _blocks.Note(offset, length);
        }
        else
        {
            _quotas.BytesAllocated.Return(cost);
        }

        return allocated;
    }

    public override long Sync(bool dataOnly) => _file.Sync(dataOnly);

    public override long GetAvailable() => _file.GetAvailable();

    public override long SetFlags(int flags)
    {
        var result = _file.SetAppend((flags & OpenFlags.Append) != 0);
        return result < 0 ? result : base.SetFlags(flags);
    }

    public override void Dispose()
    {
        _file.Dispose();
        Place?.Layer.Release(_changed);
        base.Dispose();
    }

    private long Write(GuestIoVector source, long? offset)
    {
        var wanted = (long)source.TotalBytes;
        if (wanted == 0 || !_blocks.IsRegular)
        {
            return WriteCounted(source, offset, wanted);
        }

        var start = offset is { } at && (Flags & OpenFlags.Append) == 0 ? at : FindPosition();
        if (start < 0)
        {
            return start;
        }

        // What is beyond the largest size is left out, as Linux does it.
        var room = _quotas.RoomAt(start);
        if (room == 0)
        {
            return Errno.EFBIG.ToResult();
        }

        source.Shorten((ulong)room);
        wanted = (long)source.TotalBytes;
        var blocks = _blocks.CostOf(start, wanted);
        if (!_quotas.BytesAllocated.TryTake(blocks))
        {
            return Errno.ENOSPC.ToResult();
        }

        var written = WriteCounted(source, offset, wanted);
        var cost = written > 0 ? _blocks.CostOf(start, written) : 0;
        _quotas.BytesAllocated.Return(blocks - cost);
        if (written > 0)
        {
            _blocks.Note(start, written);
            _quotas.FileSize.Reach(start + written);
        }

        _position = offset is null ? start + Math.Max(0, written) : _position;
        return written;
    }

    // The end for a file that is appended to, and where its position is for others.
    private long FindPosition()
    {
        if ((Flags & OpenFlags.Append) == 0)
        {
            return _position ?? _file.Seek(0, whence: 1);
        }

        var result = _file.GetStatus(out var status);
        return result < 0 ? result : status.st_size;
    }

    private long WriteCounted(GuestIoVector source, long? offset, long wanted)
    {
        // A descriptor without write access must not use up the budget's last bytes before it is told so.
        if (!_quotas.BytesWritten.TryTake(wanted))
        {
            return Errno.ENOSPC.ToResult();
        }

        var written = offset is { } position ? _file.WriteAt(source, position) : _file.Write(source);
        _quotas.BytesWritten.Return(wanted - Math.Max(0, written));
        return written;
    }
}
