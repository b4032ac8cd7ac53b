using KvmActors.Actors.Specs;
using KvmActors.Machine.Processor;

namespace KvmActors.Actors.Services;

/// <summary>
/// Keeps VMs from being started that the host has no memory or no threads for: without the one the kernel kills the process,
/// without the other the runtime aborts it. Safe from all actors that start VMs.
/// </summary>
/// <param name="memory">What memory the host has left.</param>
/// <param name="threads">How many threads the host has left.</param>
internal sealed class StartGuard(HostMemory memory, HostThreads threads)
{
    // What an idle VM takes beside its guest's memory, the kernel's share included, is about 200 KiB (docs/performance.md,
    // idle-memory). Memory that is touched also needs page tables, the host's and KVM's, each 8 bytes for 4 KiB.
    private const long BesidesMemory = 256 << 10, PageTablesPart = 256;

    // For the program itself and whoever else is there.
    private const long MemoryReserve = 64 << 20;

    // The runtime makes threads as it needs them: the thread pool's, one for timers, one that compiles.
    private static readonly int ThreadReserve = 16 + Environment.ProcessorCount;

    private readonly Lock _gate = new();
    private readonly Headroom _memory = new(_ => memory.ReadAvailable(), memory.ReadOwn, MemoryReserve);
    private readonly Headroom _threads = new(threads.ReadLeft, threads.ReadOwn, ThreadReserve);

    /// <summary>VMs are going to be started: what there is now is what they take from.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _memory.Begin();
            _threads.Begin();
        }
    }

    /// <summary>Says what there is too little of for another VM; null when there is enough, or nobody knows.</summary>
    /// <param name="next">The VM.</param>
    /// <param name="overcommits">Whether memory does not matter.</param>
    public string? FindShortage(VmSpec next, bool overcommits)
    {
        lock (_gate)
        {
            return Find(next, overcommits);
        }
    }

    private string? Find(VmSpec next, bool overcommits)
    {
        if (!overcommits && _memory.FindShortage(MostMemoryOf(next)) is { } bytes)
        {
            return $"it may take {MostMemoryOf(next) >> 20} MiB of memory, and the host has {bytes >> 20} MiB left for it: lower MemoryMiB, or set Scenario:OvercommitMemory";
        }

        return _threads.FindShortage(ThreadsOf(next)) is { } left
            ? $"its vCPUs{(next.Backend == Backend.Software ? "" : " and KVM")} take {ThreadsOf(next)} threads, and the host has {left} left for them: raise ulimit -u, or pids.max of the control group"
            : null;
    }

    /// <summary>A VM has been made.</summary>
    public void Take(VmSpec spec)
    {
        lock (_gate)
        {
            _memory.Take(MostMemoryOf(spec));
            _threads.Take(ThreadsOf(spec));
        }
    }

    /// <summary>A VM is gone.</summary>
    public void Return(VmSpec spec)
    {
        lock (_gate)
        {
            _memory.Return(MostMemoryOf(spec));
            _threads.Return(ThreadsOf(spec));
        }
    }

    // Since Linux 6.13 KVM has a thread in the process for each VM that runs, kvm-nx-lpage-recovery.
    private static long ThreadsOf(VmSpec spec) => spec.Machine.Vcpus + (spec.Backend == Backend.Software ? 0 : 1);

    private static long MostMemoryOf(VmSpec spec)
    {
        var guest = spec.Plan.Ranges.Sum(range => (long)range.Length);
        return guest + (guest / PageTablesPart) + BesidesMemory;
    }
}
