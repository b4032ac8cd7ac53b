using System.Globalization;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;
using KvmActors.Machine.Devices;

namespace KvmActors.Library.Hosting;

/// <summary>
/// How many descriptors a scenario may need at once, at the most. Counted before anything starts: a process without descriptors
/// cannot even load the code that would say so.
/// </summary>
internal static class DescriptorPlan
{
    // Of each VM: the VM itself, and what wakes its waiting vCPUs.
    private const int OfVm = 2;

    // Of each VM with mappings, what looking up two paths holds for a moment. Deep ones hold more, and get ENFILE where there is
    // no more.
    private const int OfLookups = 4;

    // Of each mapping: its root. Of each description: its templates' memory, and what confines its vCPUs'
    // threads, with each mapping once more.
    private const int OfMapping = 1, OfDescription = 10;

    // Of each VM with an overlay, the folder that layers are in, and of each overlay its layer, that layer's root, and what lookups hold
    // there beside the host's. Of the description: the folder, once to lock it and once to grant it.
    private const int OfLayers = 1, OfLayer = 2 + OfLookups, OfLayersOfDescription = 2;

    /// <summary>Refuses a scenario whose VMs could use up this process's descriptors.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <exception cref="ConfigurationException">They could.</exception>
    public static void Check(ScenarioSpec scenario)
    {
        if (FindProblem(scenario, DescriptorLimit.Read(), CountOpen()) is { } problem)
        {
            throw new ConfigurationException(problem);
        }
    }

    /// <summary>Says why a scenario could use up the descriptors there are, and what to do; null when it could not.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="limit">How many there are.</param>
    /// <param name="open">How many are open already.</param>
    internal static string? FindProblem(ScenarioSpec scenario, long limit, long open)
    {
        var wanted = Count(scenario, open, out var files);
        return wanted <= limit ? null : string.Create(CultureInfo.InvariantCulture,
            $"Scenario: its VMs could need {wanted} descriptors at once, {files} of them for OpenFiles, and this process may have {limit}; lower Scenario:MaxConcurrency or Limits:OpenFiles, or raise ulimit -n");
    }

    /// <summary>How many descriptors are left beside what a scenario may need; negative when it needs more than there are.</summary>
    /// <param name="scenario">The scenario.</param>
    public static long RoomIn(ScenarioSpec scenario) => DescriptorLimit.Read() - Count(scenario, CountOpen(), out _);

    private static long Count(ScenarioSpec scenario, long open, out long files)
    {
        var slots = scenario.MaxConcurrency;
        long wanted = 0;
        files = 0;
        foreach (var vm in scenario.Vms.OrderByDescending(NeededBy))
        {
            var together = Math.Min(slots, vm.Instances);
            slots -= together;
            wanted += together * NeededBy(vm);
            files += together * OpenFilesOf(vm);
        }

        return wanted + scenario.Vms.Sum(vm => OfDescription + (OfMapping * vm.Files.Count) + (CountOverlays(vm) > 0 ? OfLayersOfDescription : 0)) + open + DescriptorLimit.Reserve;
    }

    // Without mappings, all that a guest can open is this program's own.
    private static long OpenFilesOf(VmSpec vm) => vm.Files.Count > 0 ? vm.Limits.Files.OpenFiles : 0;

    private static long NeededBy(VmSpec vm) => OfVm + vm.Machine.Vcpus + vm.Machine.Devices.OfType<DoorbellSpec>().Count()
        + (vm.Files.Count > 0 ? OfLookups + (OfMapping * vm.Files.Count) + vm.Limits.Files.OpenFiles : 0)
        + (CountOverlays(vm) is > 0 and var overlays ? OfLayers + (OfLayer * overlays) : 0);

    private static int CountOverlays(VmSpec vm) => vm.Files.Count(file => file.Access == MappingAccess.Overlay);

    private static int CountOpen() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
