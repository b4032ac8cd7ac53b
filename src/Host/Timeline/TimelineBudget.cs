using KvmActors.Actors.Specs;

namespace KvmActors.Host.Timeline;

/// <summary>How much a timeline may hold.</summary>
internal static class TimelineBudget
{
    /// <summary>
    /// Exits of the whole scenario, shared out evenly among its vCPUs: about 24 MiB of memory while it runs and at the most
    /// 90 MB of file, which is what a browser opens without pain.
    /// </summary>
    public const int Exits = 1 << 18;

    /// <summary>No vCPU has fewer, however many there are.</summary>
    public const int MinExits = 64;

    /// <summary>How many exits each vCPU keeps.</summary>
    public static int ExitsPerVcpu(ScenarioSpec scenario)
    {
        var vcpus = scenario.Vms.Sum(vm => (long)vm.Instances * vm.Machine.Vcpus);
        return (int)Math.Max(MinExits, Exits / Math.Max(1, vcpus));
    }
}
