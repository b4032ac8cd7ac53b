namespace KvmActors.Interop.Libc;

/// <summary>How many descriptors this process may have open (RLIMIT_NOFILE).</summary>
public static unsafe class DescriptorLimit
{
    /// <summary>Descriptors that guests do not get, for the program itself: assemblies to load, results to write, its sockets.</summary>
    public const int Reserve = 64;

    // asm-generic/resource.h
    private const int RLIMIT_NOFILE = 7;

    // Asked once, when the first root is opened: a thread that serves guests may not ask.
    private static readonly Lazy<long> ForGuests = new(() => Read() - Reserve);

    /// <summary>Reads the limit. The .NET runtime has raised it as far as the process may.</summary>
    /// <exception cref="SystemCallException">prlimit failed.</exception>
    public static long Read()
    {
        var limit = stackalloc ulong[2];

        // SAFETY: the kernel writes two numbers to this stack, the limit and how far it may be raised.
        var result = LibC.Call(LibC.SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (nint)limit);
        return result < 0
            ? throw new SystemCallException("prlimit", (Errno)(-result), "RLIMIT_NOFILE")
            : (long)Math.Min(*limit, long.MaxValue);
    }

    /// <summary>
    /// Whether a guest may keep a descriptor that was opened for it; otherwise ENFILE. The kernel hands out the lowest free number,
    /// so one within the reserve means that all below it are in use.
    /// </summary>
    internal static bool MayKeep(int descriptor) => descriptor < ForGuests.Value;
}
