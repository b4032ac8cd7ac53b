using KvmActors.Interop.Libc;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Files;

/// <summary>
/// A guest's file descriptors: 0, 1 and 2 are its standard streams, further ones take the lowest free number. Several numbers
/// may stand for one open file; it is closed with the last of them.
/// </summary>
internal sealed class FileTable : IDisposable
{
    /// <summary>How many descriptors are open from the beginning.</summary>
    public const int StandardStreams = 3;

    private readonly GuestFile?[] _files;
    private readonly GuestFile?[] _streams;
    private readonly bool[] _closeOnExec;
    private readonly Quota _use;
    private int _count;

    /// <param name="streams">The standard streams, in their order.</param>
    /// <param name="openFiles">How many files may be open besides.</param>
    /// <param name="use">Where the most at once is noted.</param>
    /// <param name="firstLimit">What <see cref="Limit"/> is at first; null for <see cref="Capacity"/>.</param>
    public FileTable((GuestFile Input, GuestFile Output, GuestFile Error) streams, int openFiles, Quota use, int? firstLimit = null)
    {
        _use = use;
        _files = new GuestFile?[StandardStreams + openFiles];
        _closeOnExec = new bool[_files.Length];
        _streams = [streams.Input, streams.Output, streams.Error];
        Limit = Math.Min(firstLimit ?? Capacity, Capacity);
        Put(0, streams.Input, closeOnExec: false);
        Put(1, streams.Output, closeOnExec: false);
        Put(2, streams.Error, closeOnExec: false);
    }

    /// <summary>The file with a number, or null where none is open.</summary>
    public GuestFile? this[int fd] => (uint)fd < (uint)_files.Length ? _files[fd] : null;

    /// <summary>The first number that can never be a descriptor (RLIMIT_NOFILE's hard limit).</summary>
    public int Capacity => _files.Length;

    /// <summary>
    /// The first number that a file cannot get now (RLIMIT_NOFILE), from 0 to <see cref="Capacity"/>. What has a larger one keeps it.
    /// </summary>
    public int Limit { get; set; }

    /// <summary>Files that are kept open without a number, because they are mapped: they count as numbers do.</summary>
    public int Held { get; private set; }

    /// <summary>Counts files that are to be kept open without a number.</summary>
    /// <returns>False when there may be no more.</returns>
    public bool TryHold(int files)
    {
        if (_count + Held + files > _files.Length)
        {
            _use.Refuse();
            return false;
        }

        Held += files;
        return true;
    }

    /// <summary>Takes note that they have been closed.</summary>
    public void LetGo(int files) => Held -= files;

    /// <summary>Whether no other file may be opened; then it counts as refused where the guest's own limit is not the reason.</summary>
    public bool IsFull
    {
        get
        {
            var isFull = FindFree(0) < 0;
            if (isFull)
            {
                Refuse();
            }

            return isFull;
        }
    }

    /// <summary>Whether the standard streams are open under their numbers, and nothing else is.</summary>
    public bool IsAsNew => _count == StandardStreams && Held == 0 && _files.AsSpan(0, StandardStreams).SequenceEqual(_streams);

    /// <summary>The open files, each number's.</summary>
    public IEnumerable<GuestFile> Files => _files.Where(file => file is not null)!;

    /// <summary>Gives a file the lowest free number; ask <see cref="IsFull"/> first.</summary>
    public int Add(GuestFile file, bool closeOnExec = false) => AddFrom(0, file, closeOnExec);

    /// <summary>Gives a file the lowest free number that is not lower than one.</summary>
    /// <returns>The number, or -1 when there is none.</returns>
    public int AddFrom(int lowest, GuestFile file, bool closeOnExec)
    {
        var fd = FindFree(lowest);
        if (fd >= 0)
        {
            Put(fd, file, closeOnExec);
        }
        else
        {
            Refuse();
        }

        return fd;
    }

    /// <summary>Gives a file a number, and closes what had it before.</summary>
    public void Replace(int fd, GuestFile file, bool closeOnExec)
    {
        Close(fd);
        Put(fd, file, closeOnExec);
    }

    /// <summary>Whether a number would be closed by execve; kept for the guest to ask.</summary>
    public bool IsCloseOnExec(int fd) => _closeOnExec[fd];

    /// <summary>Sets what <see cref="IsCloseOnExec"/> says.</summary>
    public void SetCloseOnExec(int fd, bool closeOnExec) => _closeOnExec[fd] = closeOnExec;

    /// <summary>Closes a number.</summary>
    /// <returns>0, or -EBADF.</returns>
    public long Close(int fd)
    {
        if (this[fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        _files[fd] = null;
        _count--;
        file.Release();
        return 0;
    }

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        for (var fd = 0; fd < _files.Length; fd++)
        {
            Close(fd);
        }
    }

    private int FindFree(int lowest) => lowest < Limit && _count + Held < _files.Length ? Array.IndexOf(_files, null, lowest, Limit - lowest) : -1;

    private void Refuse()
    {
        if (Limit == Capacity)
        {
            _use.Refuse();
        }
    }

    private void Put(int fd, GuestFile file, bool closeOnExec)
    {
        file.Retain();
        _files[fd] = file;
        _closeOnExec[fd] = closeOnExec;
        _use.Reach(++_count - StandardStreams);
    }
}
