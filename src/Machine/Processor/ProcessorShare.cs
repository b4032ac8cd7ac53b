using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>
/// The host's processors that a VM's threads share when its guest starts vCPUs: so many as the guest has. VMs that are made one after the
/// other get different ones.
/// </summary>
public sealed class ProcessorShare
{
    private static int _next;

    private readonly IReadOnlyList<int> _all, _mine;

    private ProcessorShare(IReadOnlyList<int> all, IReadOnlyList<int> mine) => (_all, _mine) = (all, mine);

    /// <summary>Chooses some of the calling thread's.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>Null where that is all of them.</returns>
    public static ProcessorShare? Choose(int count)
    {
        var all = ThreadAffinity.Read();
        if (count >= all.Count)
        {
            return null;
        }

        var first = (uint)Interlocked.Add(ref _next, count) % (uint)all.Count;
        return new ProcessorShare(all, [.. Enumerable.Range(0, count).Select(index => all[(int)((first + (uint)index) % (uint)all.Count)])]);
    }

    /// <summary>Has the calling thread run on these alone.</summary>
    public void Enter() => ThreadAffinity.Set(_mine);

    /// <summary>Has it run on any again.</summary>
    public void Leave() => ThreadAffinity.Set(_all);
}
