using KvmActors.Actors.Specs;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;
using KvmActors.Library.Programs;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Processor;

namespace KvmActors.Library.Hosting;

/// <summary>KVM cannot be used; the message says what to do about it.</summary>
internal sealed class KvmUnavailableException(string message) : Exception(message);

/// <summary>Opens the KVM device, or says why it cannot be used and what to do.</summary>
internal static class KvmAccess
{
    /// <summary>Opens the device.</summary>
    /// <exception cref="KvmUnavailableException">It cannot be used.</exception>
    public static KvmDevice Open(string path)
    {
        try
        {
            return KvmDevice.Open(path);
        }
        catch (KvmException e)
        {
            throw new KvmUnavailableException($"{e.Message}. {RemedyFor(e.Errno, path)}");
        }
    }

    /// <summary>Checks what only this machine's KVM can say about those VMs of a scenario that run on it.</summary>
    /// <exception cref="ConfigurationException">A VM asks for more than KVM gives.</exception>
    public static void Check(KvmDevice device, ScenarioSpec scenario)
    {
        var limits = KvmLimits.Of(device);
        var problems = new Problems();
        var index = -1;
        VmSpec? before = null;
        foreach (var vm in scenario.Vms)
        {
            // Descriptions of one name that differ by their instances' files are one VM of the scenario.
            index += vm.Variants.Count > 0 && vm.Name == before?.Name ? 0 : 1;
            before = vm;
            if (vm.Backend == Backend.Software)
            {
                continue;
            }

            problems.CheckRange($"Scenario:Vms:{index}:Vcpus", vm.Machine.Vcpus, 1, limits.MaxVcpus);
            if (vm.Machine.Regions.Count > limits.MemorySlots)
            {
                problems.Add($"Scenario:Vms:{index}:Regions", $"{vm.Machine.Regions.Count} regions; this machine's KVM takes {limits.MemorySlots}");
            }
        }

        problems.ThrowIfAny();
    }

    /// <summary>Checks that KVM can step where every guest begins.</summary>
    /// <returns>Whether it steps in ring 3 too; where not, the guest runs there without.</returns>
    /// <exception cref="ConfigurationException">The guests that try it are missing.</exception>
    /// <exception cref="KvmUnavailableException">It cannot step in ring 0.</exception>
    public static bool CheckStepping(KvmDevice device)
    {
        GuestPrograms.Check();
        var abilities = new KvmAbilities(device);
        return abilities.Find(KvmAbility.Ring0SingleStep) is { IsPresent: false } finding
            ? throw new KvmUnavailableException($"--step: this KVM cannot step in ring 0: {finding.Detail}. Leave --step out, or step in software: --backend software.")
            : abilities.Has(KvmAbility.Ring3SingleStep);
    }

    /// <summary>Whether KVM steps in ring 3.</summary>
    public static bool StepsRing3(KvmDevice device) => new KvmAbilities(device).Has(KvmAbility.Ring3SingleStep);

    private static string RemedyFor(Errno errno, string path) => errno switch
    {
        Errno.EACCES or Errno.EPERM =>
            $"You may not use {path}: join the group that owns it (sudo usermod -aG kvm $USER, then log in again), or run as root.",
        Errno.ENOENT =>
            "There is no KVM here: load its module (sudo modprobe kvm_intel or kvm_amd), switch virtualization on in the firmware, or, in a container or VM, pass /dev/kvm through (docker run --device /dev/kvm).",
        Errno.ENOTTY or Errno.EINVAL =>
            $"{path} is no KVM device this program knows: check the setting Kvm:Device, and that the kernel is at least 4.16.",
        _ => "See the kernel's log (dmesg | grep -i kvm).",
    };
}
