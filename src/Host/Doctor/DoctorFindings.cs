using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Doctor;

/// <summary>What <c>doctor</c> found out.</summary>
/// <param name="Device">The device node.</param>
/// <param name="Problem">Why KVM cannot be used, and the remedy; null when it can.</param>
/// <param name="Machine">The machine around it.</param>
/// <param name="Limits">How much KVM gives; null when it cannot be used.</param>
/// <param name="Abilities">What KVM can do; empty when it cannot be used.</param>
internal sealed record DoctorFindings(
    string Device, string? Problem, MachineFacts Machine, KvmLimits? Limits, IReadOnlyList<AbilityFinding> Abilities)
{
    /// <summary>What threads that serve a guest can be confined with.</summary>
    public required SandboxSupport Sandbox { get; init; }
}
