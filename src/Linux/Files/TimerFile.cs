using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>A timer of timerfd_create(2). Nobody waits for its time in here: who looks finds how often it has come.</summary>
internal sealed class TimerFile : GuestFile
{
    private const long Unset = -1;

    private readonly Func<long> _now;
    private long _next = Unset, _interval;
    private ulong _expirations;

    /// <param name="now">Its clock, in nanoseconds from 0.</param>
    /// <param name="flags">The status flags.</param>
    public TimerFile(Func<long> now, int flags)
    {
        _now = now;
        Flags = OpenFlags.ReadWrite | flags;
    }

    public override byte[] Title => "anon_inode:[timerfd]"u8.ToArray();

    public override bool CanPoll => true;

    public override bool ChangesByItself => true;

    /// <summary>What is left of its time, and its interval, in nanoseconds; 0 where it is not set.</summary>
    public (long Left, long Interval) Setting
    {
        get
        {
            Look();
            return (_next == Unset ? 0 : Math.Max(1, _next - _now()), _interval);
        }
    }

    /// <summary>Sets it.</summary>
    /// <param name="time">When it first comes; 0 for never.</param>
    /// <param name="interval">How long after that it comes again, each time; 0 for not at all.</param>
    /// <param name="isAbsolute">Whether the time is one on its clock, and not one from now on.</param>
    public void Set(long time, long interval, bool isAbsolute)
    {
        var now = _now();
        _expirations = 0;
        _interval = interval;
        _next = time == 0 ? Unset : isAbsolute ? time : time > long.MaxValue - now ? long.MaxValue : now + time;

        // Who waits has another time to wait for.
        Changed();
    }

    public override void Look()
    {
        var now = _now();
        if (_next == Unset || now < _next)
        {
            return;
        }

        var more = _interval == 0 ? 0 : (now - _next) / _interval;
        _expirations += 1 + (ulong)more;
        _next = _interval == 0 || _next > long.MaxValue - ((more + 1) * _interval) ? Unset : _next + ((more + 1) * _interval);
        Changed();
    }

    public override long Read(GuestIoVector target)
    {
        if (target.TotalBytes < CounterBytes.Length)
        {
            return Errno.EINVAL.ToResult();
        }

        Look();
        if (_expirations == 0)
        {
            return Errno.EAGAIN.ToResult();
        }

        CounterBytes.Write(target, _expirations);
        _expirations = 0;
        return CounterBytes.Length;
    }

    public override long Write(GuestIoVector source) => Errno.EINVAL.ToResult();

    public override PollEvents Poll()
    {
        Look();
        return _expirations > 0 ? PollEvents.In : PollEvents.None;
    }

    public override void AddTo(ref FileWait wait, PollEvents wanted)
    {
        if (_next != Unset)
        {
            wait.EndIn(Math.Max(1, _next - _now()));
        }
    }

    public override long Seek(long offset, int whence) => 0;

    public override long GetStatus(out stat_t status)
    {
        status = SyntheticStatus.Of(SyntheticStatus.NoType, inode: 5);
        return 0;
    }
}
