using KvmActors.Actors.Vm;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Boot;

/// <summary>Where everything of a VM goes before its first instruction. Made once per <see cref="VmSpec"/>, without any descriptor open.</summary>
public interface IBootPlan
{
    /// <summary>The memory the VM has, a slot each.</summary>
    IReadOnlyList<MemoryRange> Ranges { get; }

    /// <summary>Says why the VM cannot be laid out, in words for the person who described it; ask before anything else.</summary>
    /// <returns>The key that is wrong and what is wrong with it, or null when all is well.</returns>
    (string Key, string Problem)? FindProblem();

    /// <summary>Fills a fresh memory and says how each vCPU starts.</summary>
    /// <exception cref="InvalidOperationException">The plan has a problem that <see cref="FindProblem"/> would have told.</exception>
    IReadOnlyList<VcpuBootState> Apply(GuestMemory memory);
}

/// <summary>Picks the plan for a VM.</summary>
public static class BootPlans
{
    /// <summary>The plan of a VM: the scenario's own regions, or the layout of <see cref="MemoryLayout"/>.</summary>
    public static IBootPlan For(VmSpec spec) => spec.Regions.Count > 0 ? new RegionPlan(spec) : new BootPlan(spec);
}
