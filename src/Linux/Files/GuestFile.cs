using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>What poll(2) says of a file (<c>asm-generic/poll.h</c>).</summary>
[Flags]
internal enum PollEvents
{
    None = 0,
    In = 1,
    Out = 4,
    Error = 8,
    HangUp = 16,
    Invalid = 32,
    NormalIn = 64,
    NormalOut = 256,
}

/// <summary>Something a guest has open. Operations answer as system calls do: a count, or a negative errno.</summary>
internal abstract class GuestFile : IDisposable
{
    private int _references;
    private WaitQueue? _waiters;

    /// <summary>The access mode and the status flags, as F_GETFL shows them.</summary>
    public int Flags { get; protected set; }

    /// <summary>Where the guest found it, absolute and normalised; null for what has no path.</summary>
    public byte[]? Path { get; set; }

    /// <summary>What a link to it says where it has no path.</summary>
    public virtual byte[] Title => "pipe"u8.ToArray();

    /// <summary>Whether it is an end of a pipe.</summary>
    public virtual bool IsPipe => false;

    /// <summary>Whether it is where the guest may change things.</summary>
    public bool IsWritableMapping { get; init; }

    /// <summary>The host's object behind it; null when there is none.</summary>
    public virtual HostObject? Host => null;

    /// <summary>The host's object that a change of permissions, owner or times is made on; null when there is none.</summary>
    public virtual HostObject? HostToChange => Host;

    /// <summary>Whether the guest may read; otherwise EBADF.</summary>
    public bool CanRead => (Flags & (OpenFlags.AccessMode | OpenFlags.Path)) is OpenFlags.ReadOnly or OpenFlags.ReadWrite;

    /// <summary>Whether the guest may write; otherwise EBADF.</summary>
    public bool CanWrite => (Flags & (OpenFlags.AccessMode | OpenFlags.Path)) is OpenFlags.WriteOnly or OpenFlags.ReadWrite;

    /// <summary>Whether reads and writes may name an offset; otherwise ESPIPE.</summary>
    public virtual bool HasOffsets => false;

    public virtual long Read(GuestIoVector target) => Errno.EBADF.ToResult();

    public virtual long ReadAt(GuestIoVector target, long offset) => Errno.ESPIPE.ToResult();

    public virtual long Write(GuestIoVector source) => Errno.EBADF.ToResult();

    public virtual long WriteAt(GuestIoVector source, long offset) => Errno.ESPIPE.ToResult();

    public virtual long Seek(long offset, int whence) => Errno.ESPIPE.ToResult();

    public virtual long GetStatus(out stat_t status)
    {
        status = default;
        return Errno.EBADF.ToResult();
    }

    /// <summary>Puts directory entries, as getdents64(2) has them, into a buffer.</summary>
    public virtual long ReadDirectory(Span<byte> entries) => Errno.ENOTDIR.ToResult();

    public virtual long Truncate(long length) => Errno.EINVAL.ToResult();

    /// <summary>Takes or gives back room for a part of the file, as fallocate(2) does. The part is checked already.</summary>
    public virtual long Allocate(int mode, long offset, long length) => Errno.ENODEV.ToResult();

    public virtual long Sync(bool dataOnly) => Errno.EINVAL.ToResult();

    /// <summary>Bytes that can be read without waiting.</summary>
    public virtual long GetAvailable() => Errno.ENOTTY.ToResult();

    /// <summary>What would not wait now.</summary>
    public virtual PollEvents Poll() => PollEvents.In | PollEvents.Out;

    /// <summary>The host stream that is the terminal behind it, or null.</summary>
    public virtual int? Terminal => null;

    /// <summary>Whether it is the process's own standard input: what is not there yet may come.</summary>
    public virtual bool IsLiveInput => false;

    /// <summary>Whether it can be waited for; what cannot is always ready.</summary>
    public virtual bool CanPoll => false;

    /// <summary>Whether a transfer that would have to wait (EAGAIN) does.</summary>
    public bool Blocks => CanPoll && (Flags & OpenFlags.NonBlock) == 0;

    /// <summary>Whether a write that waits does so until all is written.</summary>
    public virtual bool WritesAll => false;

    /// <summary>Who waits for it to become ready.</summary>
    public WaitQueue Waiters => _waiters ??= new WaitQueue();

    /// <summary>Whether it can become ready with no call of the guest's: by time, or because of the host.</summary>
    public virtual bool ChangesByItself => false;

    /// <summary>Notices what has changed by itself, and wakes those who wait.</summary>
    public virtual void Look()
    {
    }

    /// <summary>Says what else a wait for it ends by, besides its <see cref="Waiters"/> being woken.</summary>
    /// <param name="wait">What the wait ends by so far.</param>
    /// <param name="wanted">What is waited for.</param>
    public virtual void AddTo(ref FileWait wait, PollEvents wanted)
    {
    }

    /// <summary>What would not wait now, by all the names that poll(2) has for it.</summary>
    public PollEvents PollByAllNames()
    {
        var now = Poll();
        now |= (now & PollEvents.In) != PollEvents.None ? PollEvents.NormalIn : PollEvents.None;
        return now | ((now & PollEvents.Out) != PollEvents.None ? PollEvents.NormalOut : PollEvents.None);
    }

    /// <summary>Sets the status flags that can change.</summary>
    public virtual long SetFlags(int flags)
    {
        Flags = (Flags & ~OpenFlags.Settable) | (flags & OpenFlags.Settable);
        return 0;
    }

    /// <summary>Counts one more descriptor.</summary>
    public void Retain() => _references++;

    /// <summary>Counts one descriptor less; the last one closes the file.</summary>
    public void Release()
    {
        if (--_references == 0)
        {
            _waiters?.Close();
            Dispose();
        }
    }

    public virtual void Dispose()
    {
    }

    /// <summary>It may have become ready: wakes those who wait for it.</summary>
    protected void Changed() => _waiters?.Wake();
}
