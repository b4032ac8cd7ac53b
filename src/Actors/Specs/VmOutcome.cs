namespace KvmActors.Actors.Specs;

/// <summary>How a VM ended.</summary>
public enum VmOutcome
{
    /// <summary>All vCPUs stopped, at least one by the exit hypercall.</summary>
    Exited,

    /// <summary>All vCPUs executed HLT.</summary>
    Halted,

    /// <summary>The guest reported a panic, or that its program was killed by a signal.</summary>
    Panicked,

    /// <summary>Triple fault, an error inside KVM, or an access nothing claims.</summary>
    Crashed,

    /// <summary>It ran longer than its time-out allows.</summary>
    TimedOut,

    /// <summary>It used more than it may.</summary>
    OutOfBudget,

    /// <summary>It was stopped where the run was to stop it (<c>--until</c>).</summary>
    Reached,

    /// <summary>The scenario was cancelled.</summary>
    Cancelled,

    /// <summary>It never ran: KVM or the system refused something.</summary>
    FailedToStart,
}
