namespace KvmActors.Interop.Libc.Native;

/// <summary><c>struct timespec</c> (<c>linux/time_types.h</c>).</summary>
public struct timespec_t
{
    public long tv_sec;
    public long tv_nsec;
}

/// <summary><c>struct timeval</c> (<c>linux/time.h</c>).</summary>
public struct timeval_t
{
    public long tv_sec;
    public long tv_usec;
}

/// <summary><c>struct timezone</c> (<c>linux/time.h</c>).</summary>
public struct timezone_t
{
    public int tz_minuteswest;
    public int tz_dsttime;
}

/// <summary><c>struct tms</c> (<c>linux/times.h</c>), in clock ticks.</summary>
public struct tms_t
{
    public long tms_utime, tms_stime, tms_cutime, tms_cstime;
}
