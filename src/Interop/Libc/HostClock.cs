using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Libc;

/// <summary>The host's clocks, by the kernel's own names and numbers.</summary>
public static unsafe class HostClock
{
    /// <summary>The time of day.</summary>
    public const int Realtime = 0;

    /// <summary>Time that never goes back.</summary>
    public const int Monotonic = 1;

    /// <summary>Likewise, with the time in which the machine slept.</summary>
    public const int SinceBoot = 7;

    /// <summary>Reads a clock (clock_gettime(2)).</summary>
    /// <returns>0, or a negative errno.</returns>
    public static long Read(int clock, out timespec_t time)
    {
        timespec_t value;

        // SAFETY: the C library writes one structure to this stack. It answers most clocks without entering the kernel.
        var result = LibC.clock_gettime(clock, &value) == 0 ? 0 : LibC.LastError.ToResult();
        time = result == 0 ? value : default;
        return result;
    }

    /// <summary>Reads a clock's resolution (clock_getres(2)).</summary>
    /// <returns>0, or a negative errno.</returns>
    public static long ReadResolution(int clock, out timespec_t resolution)
    {
        timespec_t value = default;

        // SAFETY: the kernel writes one structure to this stack.
        var result = LibC.Call(LibC.SYS_clock_getres, clock, (nint)(&value));
        resolution = value;
        return result;
    }
}
