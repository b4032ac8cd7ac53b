using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vm;

/// <summary>How a VM ended.</summary>
public enum VmOutcome
{
    /// <summary>All vCPUs stopped, at least one by the exit hypercall.</summary>
    Exited,

    /// <summary>All vCPUs executed HLT.</summary>
    Halted,

    /// <summary>The guest reported a panic.</summary>
    Panicked,

    /// <summary>Triple fault, an error inside KVM, or an access nothing claims.</summary>
    Crashed,

    /// <summary>It ran longer than its time-out allows.</summary>
    TimedOut,

    /// <summary>It used more than it may.</summary>
    OutOfBudget,

    /// <summary>The scenario was cancelled.</summary>
    Cancelled,

    /// <summary>It never ran: KVM or the system refused something.</summary>
    FailedToStart,
}

/// <summary>What one vCPU did.</summary>
/// <param name="Index">Its number in the VM.</param>
/// <param name="Exits">How often it exited, by reason.</param>
public sealed record VcpuResult(int Index, IReadOnlyDictionary<VcpuExitReason, long> Exits);

/// <summary>What became of one VM.</summary>
public sealed record VmResult
{
    /// <summary>The instance, for example <c>reader-0</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The name its instances share.</summary>
    public required string Name { get; init; }

    /// <summary>How it ended.</summary>
    public required VmOutcome Outcome { get; init; }

    /// <summary>The status of the exit hypercall: the first vCPU's that is not 0, otherwise 0; null when none exited.</summary>
    public int? ExitCode { get; init; }

    /// <summary>What went wrong, in one line; null when nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>How often it was started again after a failure.</summary>
    public int Restarts { get; init; }

    /// <summary>From asking for it to its first entry.</summary>
    public TimeSpan StartDuration { get; init; }

    /// <summary>From its first entry to the end of its last vCPU.</summary>
    public TimeSpan RunDuration { get; init; }

    /// <summary>Its vCPUs, by index; those that never ran are missing.</summary>
    public IReadOnlyList<VcpuResult> Vcpus { get; init; } = [];

    /// <summary>Whether it ended as a guest that works ends.</summary>
    public bool IsSuccess => Outcome == VmOutcome.Halted || (Outcome == VmOutcome.Exited && ExitCode == 0);
}
