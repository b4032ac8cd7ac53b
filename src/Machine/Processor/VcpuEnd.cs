namespace KvmActors.Machine.Processor;

/// <summary>How a vCPU came to stop.</summary>
public enum VcpuEndKind
{
    /// <summary>The exit hypercall.</summary>
    Exited,

    /// <summary>HLT.</summary>
    Halted,

    /// <summary>The panic hypercall.</summary>
    Panicked,

    /// <summary>Its program was killed by a signal.</summary>
    Killed,

    /// <summary>It cannot go on.</summary>
    Crashed,

    /// <summary>It was told to.</summary>
    Stopped,

    /// <summary>Its VM has made all the exits, or executed all the instructions, that it may.</summary>
    OutOfBudget,

    /// <summary>It got to where it was to be stopped.</summary>
    Reached,
}

/// <summary>How a vCPU came to stop, and what it has to say.</summary>
/// <param name="Kind">How.</param>
/// <param name="Status">The exit hypercall's status.</param>
/// <param name="Message">What went wrong, in one line.</param>
public sealed record VcpuEnd(VcpuEndKind Kind, int? Status = null, string? Message = null)
{
    /// <summary>The signal that killed its program, by Linux's number; null when none did.</summary>
    public int? Signal { get; init; }

    /// <summary>The program that was killed, as it was; null when none was, or its kernel did not show it.</summary>
    public ProgramState? Program { get; init; }

    /// <summary>Whether the whole VM ends with it, though nothing went wrong.</summary>
    public bool EndsVm { get; init; }

    /// <summary>Whether it is the instructions that are used up, not the exits.</summary>
    public bool IsOutOfInstructions { get; init; }

    /// <summary>Whether its VM's other vCPUs do not go on.</summary>
    internal bool StopsOthers => EndsVm || Kind is VcpuEndKind.Panicked or VcpuEndKind.Killed or VcpuEndKind.Crashed or VcpuEndKind.OutOfBudget;
}
