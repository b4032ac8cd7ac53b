using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Kvm;
using KvmActors.Library.Checking;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Software;

namespace KvmActors.Library.Hosting;

/// <summary>What executes a scenario's VMs: decides for each of them, and opens KVM if one of them may use it.</summary>
internal sealed class Backends : IDisposable
{
    private readonly KvmDevice? _device;

    private Backends(KvmDevice? device, ScenarioSpec scenario, string? note)
    {
        _device = device;
        Scenario = scenario;
        Note = note;
    }

    /// <summary>The scenario; each of its VMs has a backend now that is not <see cref="Backend.Auto"/>.</summary>
    public ScenarioSpec Scenario { get; }

    /// <summary>Why VMs that would run on KVM do not, in a line; null when all run on what they asked for.</summary>
    public string? Note { get; }

    /// <summary>Decides, and checks what only this machine can say about the scenario.</summary>
    /// <param name="scenario">What is to run.</param>
    /// <param name="asked">What all of its VMs are to run on, whatever they say themselves; null for what they say.</param>
    /// <param name="path">The KVM device node; it is not looked at when all run in software.</param>
    /// <exception cref="KvmUnavailableException">A VM asks for KVM, which cannot be used.</exception>
    /// <exception cref="ConfigurationException">A VM asks for more than there is.</exception>
    public static Backends Open(ScenarioSpec scenario, Backend? asked, string path)
    {
        var wishes = scenario.Vms.Select(vm => asked ?? vm.Backend).ToHashSet();
        KvmDevice? device = null;
        string? note = null;
        try
        {
            device = wishes.Contains(Backend.Kvm) || wishes.Contains(Backend.Auto) ? KvmAccess.Open(path) : null;
        }
        catch (KvmUnavailableException e) when (wishes.Contains(Backend.Kvm))
        {
            throw new KvmUnavailableException($"{e.Message} Or have it run without KVM, slower: --backend software.");
        }
        catch (KvmUnavailableException e)
        {
            note = $"VMs run in software, which is slower, as KVM cannot be used: {e.Message}";
        }

        var auto = device is null ? Backend.Software : Backend.Kvm;
        var decided = scenario with
        {
            Vms = [.. scenario.Vms.Select(vm => vm with { Backend = (asked ?? vm.Backend) is var wish && wish == Backend.Auto ? auto : wish })],
        };
        try
        {
            if (device is not null)
            {
                KvmAccess.Check(device, decided);
            }

            CheckCounting(decided);
            DescriptorPlan.Check(decided);
            return new Backends(device, decided, note);
        }
        catch
        {
            device?.Dispose();
            throw;
        }
    }

    /// <summary>What VMs need from outside, with what makes them.</summary>
    /// <param name="output">Where guests' output goes.</param>
    /// <param name="sampling">Which exits become spans.</param>
    public VmServices CreateServices(IGuestOutput output, ExitSamplingOptions sampling)
    {
        var software = new SoftwareHypervisor(Scenario.IsDeterministic);
        return _device is null
            ? new VmServices(software, output, sampling)
            : new VmServices(new KvmHypervisor(_device), output, sampling) { OtherHypervisors = [software] };
    }

    /// <summary>Refuses an option that only the processor in software can serve, where a VM runs on KVM.</summary>
    /// <param name="option">The option.</param>
    /// <param name="isGiven">Whether it was given.</param>
    /// <exception cref="ConfigurationException">A VM runs on KVM.</exception>
    public void CheckInSoftware(string option, bool isGiven)
    {
        if (isGiven && Scenario.Vms.FirstOrDefault(vm => vm.Backend == Backend.Kvm) is { } onKvm)
        {
            throw new ConfigurationException($"{option}: {onKvm.Name} runs on KVM, which cannot do this; have it run in software: --backend software");
        }
    }

    /// <summary>Checks that every guest can be stepped where it begins.</summary>
    /// <returns>Whether KVM, if any VM uses it, steps in ring 3 too; where not, the guest runs there without.</returns>
    /// <exception cref="ConfigurationException">The guests that try it are missing.</exception>
    /// <exception cref="KvmUnavailableException">KVM cannot step in ring 0.</exception>
    public bool CheckStepping() => _device is not null && Scenario.Vms.Any(vm => vm.Backend == Backend.Kvm) && KvmAccess.CheckStepping(_device);

    /// <summary>Whether a VM can be stepped in ring 3.</summary>
    public bool StepsRing3(VmSpec vm) => vm.Backend == Backend.Software || (_device is not null && KvmAccess.StepsRing3(_device));

    private static void CheckCounting(ScenarioSpec scenario)
    {
        foreach (var vm in scenario.Vms.Where(vm => vm.Limits.Run.MaxInstructions is not null))
        {
            if (vm.Backend != Backend.Software || !scenario.IsDeterministic)
            {
                var remedy = vm.Backend != Backend.Software ? "KVM counts no instructions; run it with --backend software"
                    : "they are counted exactly only with --deterministic true";
                throw new ConfigurationException($"VM {vm.Name}: MaxInstructions: {remedy}, or leave it out");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device?.Dispose();
}
