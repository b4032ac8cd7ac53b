namespace KvmActors.Interop.Libc;

/// <summary>Which of the machine's processors a thread may run on (sched_setaffinity(2)).</summary>
public static unsafe class ThreadAffinity
{
    // As many as a Linux kernel can be built for.
    private const int MaxProcessors = 8192, WordBits = 64;

    /// <summary>The processors that the calling thread may run on, ascending; empty where the kernel does not say.</summary>
    public static IReadOnlyList<int> Read()
    {
        var mask = stackalloc ulong[MaxProcessors / WordBits];

        // SAFETY: the kernel writes at most as many bytes as it is told there are, on this stack.
        var bytes = LibC.Call(LibC.SYS_sched_getaffinity, 0, MaxProcessors / 8, (nint)mask);
        var processors = new List<int>();
        for (var processor = 0; processor < bytes * 8; processor++)
        {
            if ((mask[processor / WordBits] & (1UL << (processor % WordBits))) != 0)
            {
                processors.Add(processor);
            }
        }

        return processors;
    }

    /// <summary>Has the calling thread run on some processors alone. Threads that it makes from now on do, too.</summary>
    /// <param name="processors">Which, by their numbers. When the kernel refuses them all stays as it is.</param>
    public static void Set(IReadOnlyList<int> processors)
    {
        ArgumentNullException.ThrowIfNull(processors);
        var mask = stackalloc ulong[MaxProcessors / WordBits];
        foreach (var processor in processors)
        {
            mask[processor / WordBits] |= 1UL << (processor % WordBits);
        }

        // SAFETY: the kernel reads that many bytes, on this stack.
        _ = LibC.Call(LibC.SYS_sched_setaffinity, 0, MaxProcessors / 8, (nint)mask);
    }
}
