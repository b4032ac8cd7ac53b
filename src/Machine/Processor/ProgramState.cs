using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Machine.Processor;

/// <summary>A user program under a guest's kernel, when that kernel ended it. Plain data, and as the kernel has it.</summary>
/// <param name="Registers">Its own general registers.</param>
/// <param name="CodeSelector">CS.</param>
/// <param name="StackSelector">SS.</param>
public sealed record ProgramState(kvm_regs Registers, ushort CodeSelector, ushort StackSelector)
{
    /// <summary>The exception's vector; 0 with <see cref="ErrorCode"/> 0 where it was a system call's signal, too.</summary>
    public ulong Vector { get; init; }

    /// <summary>The exception's error code.</summary>
    public ulong ErrorCode { get; init; }

    /// <summary>What it may use of its address space, in ascending order.</summary>
    public IReadOnlyList<ProgramArea> Areas { get; init; } = [];

    /// <summary>What RSP was when it began: there are argc, its arguments, its environment and the auxiliary vector.</summary>
    public ulong InitialStack { get; init; }
}

/// <summary>A part of a program's address space in which all pages may be used alike.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="End">The first address behind it.</param>
/// <param name="IsReadable">Whether it may be read.</param>
/// <param name="IsWritable">Whether it may be written.</param>
/// <param name="IsExecutable">Whether it may be executed.</param>
public sealed record ProgramArea(ulong Start, ulong End, bool IsReadable, bool IsWritable, bool IsExecutable)
{
    /// <summary>Whether an address is in it.</summary>
    public bool Contains(ulong address) => address >= Start && address < End;
}
