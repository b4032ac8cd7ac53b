namespace KvmActors.Machine.Processor;

/// <summary>An instruction that was executed.</summary>
/// <param name="Count">How many the vCPU has executed with it.</param>
/// <param name="Rip">Where it is: RIP.</param>
/// <param name="Bits">16, 32 or 64: how its bytes are to be read.</param>
public readonly record struct ExecutedInstruction(ulong Count, ulong Rip, int Bits);

/// <summary>A register that an instruction changed.</summary>
/// <param name="Name">Its name, in small letters.</param>
/// <param name="Value">What is in it now.</param>
public readonly record struct RegisterChange(string Name, UInt128 Value);

/// <summary>An interrupt or exception that was taken.</summary>
/// <param name="Count">How many instructions the vCPU has executed before it.</param>
/// <param name="Vector">Its vector, 0 to 255.</param>
/// <param name="From">RIP when it was taken.</param>
/// <param name="To">RIP of its handler.</param>
public readonly record struct TakenInterrupt(ulong Count, int Vector, ulong From, ulong To);

/// <summary>Is told of each instruction that a vCPU executes, on the vCPU's thread.</summary>
public interface IInstructionTrace
{
    /// <summary>An instruction was executed.</summary>
    /// <param name="instruction">Which.</param>
    /// <param name="bytes">Its bytes, 1 to 15.</param>
    /// <param name="changes">The registers that have other values than before, but RIP.</param>
    void Executed(in ExecutedInstruction instruction, ReadOnlySpan<byte> bytes, ReadOnlySpan<RegisterChange> changes);

    /// <summary>A fault, or another exception that no instruction asked for, was delivered.</summary>
    void Interrupted(in TakenInterrupt interrupt);
}

/// <summary>Where traces of instructions go.</summary>
public interface IInstructionTraceOutput
{
    /// <summary>Begins the trace of a vCPU.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="vcpu">The vCPU's number.</param>
    IInstructionTrace Begin(string vm, int vcpu);
}
