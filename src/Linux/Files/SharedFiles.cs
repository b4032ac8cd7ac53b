using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>The files that a guest has mapped shared, each once, by whatever descriptors. Used behind the gate.</summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="table">Where the files that are kept open count.</param>
internal sealed class SharedFiles(GuestMemory memory, FileTable table) : IDisposable
{
    private readonly List<SharedFile?> _files = [];
    private readonly Dictionary<(ulong Device, ulong Inode), int> _numbers = [];
    private GuestIoVector? _vector;

    /// <summary>Opens a file so that its pages can be mapped.</summary>
    /// <param name="file">What it is opened by.</param>
    /// <returns>Its number, or a negative errno.</returns>
    public long Open(GuestFile file)
    {
        if (!file.HasOffsets || !TryIdentify(file, out var identity))
        {
            return Errno.ENODEV.ToResult();
        }

        if (!_numbers.TryGetValue(identity, out var number))
        {
            number = _files.IndexOf(null);
            if (number < 0)
            {
                number = _files.Count;
                _files.Add(null);
            }

            if (!table.TryHold(1))
            {
                return Errno.ENFILE.ToResult();
            }

            _files[number] = new SharedFile(memory, _vector ??= new GuestIoVector());
            _numbers[identity] = number;
        }

        _files[number]!.Open(file);
        return number;
    }

    /// <summary>Whether more pages may be in memory: all together are about as many as it has at the most, wherever the kernel says they are.</summary>
    public bool HasRoom => (ulong)_files.Sum(file => (long)(file?.Pages ?? 0)) <= memory.TotalBytes / (ulong)SharedFile.PageBytes;

    /// <summary>The file of a number; null when there is none.</summary>
    public SharedFile? Find(ulong number) => number < (ulong)_files.Count ? _files[(int)number] : null;

    /// <summary>The file that something is open of; null when it is not mapped. Costs nothing as long as none is.</summary>
    public SharedFile? Find(GuestFile file) =>
        _numbers.Count > 0 && file.HasOffsets && TryIdentify(file, out var identity) && _numbers.TryGetValue(identity, out var number) ? _files[number] : null;

    /// <summary>The file that has a status; null when it is not mapped.</summary>
    public SharedFile? Find(in stat_t status) => _numbers.TryGetValue((status.st_dev, status.st_ino), out var number) ? _files[number] : null;

    /// <summary>Forgets a file of which nothing is mapped any more.</summary>
    public void Forget(ulong number)
    {
        table.LetGo(_files[(int)number] is null ? 0 : 1);
        _files[(int)number]?.Dispose();
        _files[(int)number] = null;
        foreach (var (identity, _) in _numbers.Where(row => row.Value == (int)number).ToArray())
        {
            _numbers.Remove(identity);
        }
    }

    /// <summary>Writes everything that the guest changed to the files, and forgets them. Its memory must still be there.</summary>
    public void WriteBackAndForget()
    {
        foreach (var file in _files)
        {
            _ = file?.WriteBack(0, long.MaxValue);
        }

        Dispose();
    }

    public void Dispose()
    {
        for (var number = 0; number < _files.Count; number++)
        {
            Forget((ulong)number);
        }
    }

    private static bool TryIdentify(GuestFile file, out (ulong Device, ulong Inode) identity)
    {
        var result = file.GetStatus(out var status);
        identity = (status.st_dev, status.st_ino);
        return result >= 0 && (status.st_mode & ModeBits.Type) == ModeBits.Regular;
    }
}
