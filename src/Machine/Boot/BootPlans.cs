namespace KvmActors.Machine.Boot;

/// <summary>Picks the plan for a machine.</summary>
public static class BootPlans
{
    /// <summary>The plan of a machine: its own regions, or the layout of <see cref="MemoryLayout"/>.</summary>
    public static IBootPlan For(MachineSpec spec) => spec.Regions.Count > 0 ? new RegionPlan(spec) : new BootPlan(spec);
}
