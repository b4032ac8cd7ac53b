using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>A counter of eventfd(2).</summary>
internal sealed class EventFile : GuestFile
{
    private const ulong Largest = ulong.MaxValue - 1;

    private readonly bool _isSemaphore;
    private ulong _count;

    /// <param name="count">What it counts from.</param>
    /// <param name="isSemaphore">Whether each read takes one, and not all.</param>
    /// <param name="flags">The status flags.</param>
    public EventFile(uint count, bool isSemaphore, int flags)
    {
        (_count, _isSemaphore) = (count, isSemaphore);
        Flags = OpenFlags.ReadWrite | flags;
    }

    public override byte[] Title => "anon_inode:[eventfd]"u8.ToArray();

    public override bool CanPoll => true;

    public override long Read(GuestIoVector target)
    {
        if (target.TotalBytes < CounterBytes.Length)
        {
            return Errno.EINVAL.ToResult();
        }

        if (_count == 0)
        {
            return Errno.EAGAIN.ToResult();
        }

        var taken = _isSemaphore ? 1 : _count;
        _count -= taken;
        CounterBytes.Write(target, taken);
        Changed();
        return CounterBytes.Length;
    }

    public override long Write(GuestIoVector source)
    {
        if (source.TotalBytes < CounterBytes.Length)
        {
            return Errno.EINVAL.ToResult();
        }

        var more = CounterBytes.Read(source);
        if (more > Largest)
        {
            return Errno.EINVAL.ToResult();
        }

        if (more > Largest - _count)
        {
            return Errno.EAGAIN.ToResult();
        }

        _count += more;
        Changed();
        return CounterBytes.Length;
    }

    public override PollEvents Poll() =>
        (_count > 0 ? PollEvents.In : PollEvents.None) | (_count < Largest ? PollEvents.Out : PollEvents.None);

    public override long Seek(long offset, int whence) => 0;

    public override long GetStatus(out stat_t status)
    {
        status = SyntheticStatus.Of(SyntheticStatus.NoType, inode: 4);
        return 0;
    }
}
