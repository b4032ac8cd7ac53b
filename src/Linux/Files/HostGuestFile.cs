using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Streams;

namespace KvmActors.Linux.Files;

/// <summary>A host file that a guest has open.</summary>
internal sealed class HostGuestFile : GuestFile
{
    private readonly HostFile _file;
    private readonly WriteBudget _budget;
    private readonly DirectoryEntries? _mountPoints;
    private bool _hostEnded;

    /// <param name="file">The host's file.</param>
    /// <param name="flags">What the guest opened it with.</param>
    /// <param name="budget">What the guest may still write.</param>
    /// <param name="mountPoints">Names that a directory has only in the guest's view; null for none.</param>
    public HostGuestFile(HostFile file, int flags, WriteBudget budget, DirectoryEntries? mountPoints = null)
    {
        _file = file;
        _budget = budget;
        _mountPoints = mountPoints;
        Flags = OpenFlags.Show(flags);
    }

    public override HostFile Host => _file;

    public override bool HasOffsets => true;

    public override long Read(GuestIoVector target) => _file.Read(target);

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
        return _file.Seek(offset, whence);
    }

    public override long GetStatus(out stat_t status) => _file.GetStatus(out status);

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

    public override long Truncate(long length) => CanWrite ? _file.Truncate(length) : Errno.EINVAL.ToResult();

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
        base.Dispose();
    }

    private long Write(GuestIoVector source, long? offset)
    {
        // A descriptor without write access must not use up the budget's last bytes before it is told so.
        var wanted = (long)source.TotalBytes;
        if (!_budget.TryTake(wanted))
        {
            return Errno.ENOSPC.ToResult();
        }

        var written = offset is { } position ? _file.WriteAt(source, position) : _file.Write(source);
        _budget.Return(wanted - Math.Max(0, written));
        return written;
    }
}
