namespace KvmActors.Interop.Kvm;

/// <summary>At what a vCPU exits with <see cref="VcpuExitReason.Debug"/>. Whether KVM can is told by trying; see <c>doctor</c>.</summary>
public readonly record struct VcpuDebug
{
    /// <summary>At nothing.</summary>
    public static VcpuDebug None => default;

    /// <summary>After every instruction.</summary>
    public bool SingleStep { get; init; }

    /// <summary>At every INT3, instead of the guest's own handler.</summary>
    public bool Int3 { get; init; }

    /// <summary>Before the instruction at this linear address; null for none.</summary>
    public ulong? Breakpoint { get; init; }
}
