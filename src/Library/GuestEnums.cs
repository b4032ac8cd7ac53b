namespace KvmActors;

/// <summary>What executes guests' instructions.</summary>
public enum GuestBackend
{
    /// <summary>KVM where it can be used, otherwise the processor in software.</summary>
    Auto,

    /// <summary>KVM; where it cannot be used, nothing runs.</summary>
    Kvm,

    /// <summary>A processor in software: slower, without privileges, and the same every time.</summary>
    Software,
}

/// <summary>How a guest ended.</summary>
public enum GuestOutcome
{
    /// <summary>Its program, or its vCPUs, ended with a status.</summary>
    Exited,

    /// <summary>All its vCPUs executed HLT.</summary>
    Halted,

    /// <summary>Its program was killed by a signal, or its kernel gave up.</summary>
    Panicked,

    /// <summary>It could not go on: a triple fault, an error inside KVM, or an access that nothing claims.</summary>
    Crashed,

    /// <summary>It ran longer than it may.</summary>
    TimedOut,

    /// <summary>It used more than it may of something that is limited.</summary>
    OutOfBudget,

    /// <summary>Somebody ended it.</summary>
    Cancelled,

    /// <summary>It never ran: KVM or the system refused something.</summary>
    FailedToStart,
}

/// <summary>What a guest may do with a file or folder of the host's.</summary>
public enum GuestAccess
{
    /// <summary>Read.</summary>
    Read,

    /// <summary>Read and change; what it changes stays.</summary>
    ReadWrite,

    /// <summary>Read and change; what it changes is kept apart and gone with the guest.</summary>
    Overlay,
}

/// <summary>The state that a bare guest's vCPU begins in.</summary>
public enum GuestBoot
{
    /// <summary>16-bit real mode; a flat image.</summary>
    Real16,

    /// <summary>32-bit protected mode, paging off; a flat image or an ELF file.</summary>
    Protected32,

    /// <summary>64-bit long mode with an identity map; a flat image.</summary>
    Long64,

    /// <summary>The same; an ELF file.</summary>
    Elf64,
}
