using KvmActors.Interop.Kvm;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Machine.Tests.Support;

/// <summary>The machine the tests run on.</summary>
internal static class TestMachine
{
    /// <summary>The device, open for as long as the tests run.</summary>
    public static KvmDevice Device { get; } = KvmDevice.Open();

    /// <summary>What its KVM can do.</summary>
    public static KvmAbilities Abilities { get; } = new(Device);
}
