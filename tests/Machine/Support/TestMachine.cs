using KvmActors.Interop.Kvm;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Software;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Support;

/// <summary>The machine the tests run on.</summary>
internal static class TestMachine
{
    private static readonly Lazy<KvmDevice> OpenDevice = new(() => KvmDevice.Open());
    private static readonly Lazy<KvmAbilities> KvmAbilities = new(() => new KvmAbilities(Device));

    /// <summary>The device, open from its first use for as long as the tests run.</summary>
    public static KvmDevice Device => OpenDevice.Value;

    /// <summary>What its KVM can do.</summary>
    public static KvmAbilities Abilities => KvmAbilities.Value;

    /// <summary>What makes the VMs of the test that asks.</summary>
    public static IHypervisor Hypervisor => TestBackend.IsSoftware ? new SoftwareHypervisor() : new KvmHypervisor(Device);

    /// <summary>Whether the backend of the test that asks can do something. Software can do all but gather writes and log dirty pages.</summary>
    public static bool Has(KvmAbility ability) =>
        TestBackend.IsSoftware ? ability is not (KvmAbility.CoalescedPortIo or KvmAbility.DirtyLog) : Abilities.Has(ability);
}
