namespace KvmActors.Machine.Processor;

/// <summary>One time that a vCPU went on elsewhere than behind an instruction: a jump, a call, a return, an interrupt, an exception.</summary>
/// <param name="From">RIP of the instruction it left; of one that faulted, too.</param>
/// <param name="To">RIP of the next one.</param>
public readonly record struct Branch(ulong From, ulong To);
