using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Libc;

/// <summary>The processor time that one thread takes from a moment on. Any thread may read it while that one lives.</summary>
public sealed class ThreadClock
{
    // A thread's clock by its number: the complement in the upper bits, CPUCLOCK_PERTHREAD_MASK and CPUCLOCK_SCHED in the lower
    // ones (linux/posix-timers_types.h; pthread_getcpuclockid of the C library gives the same).
    private const int ClockBits = 3, ThreadSchedulerClock = 4 | 2;

    private readonly int _clock;
    private readonly long _start;

    private ThreadClock(int clock)
    {
        _clock = clock;
        _start = Read();
    }

    /// <summary>What has been taken, in nanoseconds.</summary>
    public long Elapsed => Math.Max(0, Read() - _start);

    /// <summary>Starts from now on with the calling thread's.</summary>
    public static ThreadClock OfCurrentThread() => new((~LibC.gettid() << ClockBits) | ThreadSchedulerClock);

    private long Read() => HostClock.Read(_clock, out timespec_t time) == 0 ? (time.tv_sec * 1_000_000_000) + time.tv_nsec : _start;
}
