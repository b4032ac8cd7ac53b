using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;

namespace KvmActors.Machine.CoreDumps;

/// <summary>What goes into a core file.</summary>
/// <param name="Name">What the debugger calls it: a program's file, or the VM.</param>
/// <param name="Memory">The guest's memory; no vCPU runs any more.</param>
/// <param name="Threads">Its vCPUs, the one that crashed first.</param>
public sealed record CoreDump(string Name, GuestMemory Memory, IReadOnlyList<CoreThread> Threads)
{
    /// <summary>Its command line.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The signal that ended it, by Linux's number.</summary>
    public int Signal { get; init; }

    /// <summary>The program's auxiliary vector; empty where there is none.</summary>
    public IReadOnlyList<byte> AuxiliaryVector { get; init; } = [];

    /// <summary>Whether only what ring 3 may use is wanted.</summary>
    public bool IsProgram { get; init; }

    /// <summary>Makes one of a VM that crashed.</summary>
    /// <param name="name">What the debugger calls it.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="crash">What is known of the crash.</param>
    /// <param name="threads">Its vCPUs.</param>
    /// <param name="signal">The signal that killed its program; null for none.</param>
    public static CoreDump Of(string name, GuestMemory memory, CrashReport crash, IEnumerable<CoreThread> threads, int? signal)
    {
        const int Segmentation = 11;
        var ordered = threads.OrderBy(thread => thread.Index != crash.VcpuIndex).ThenBy(thread => thread.Index).ToList();
        if (ordered is [var first, ..])
        {
            // In the program's state, where it was a program's.
            ordered[0] = first with { Registers = crash.Registers, Special = crash.SpecialRegisters };
        }

        return new CoreDump(name, memory, ordered)
        {
            Signal = signal ?? Segmentation,
            AuxiliaryVector = crash.AuxiliaryVector,
            IsProgram = crash.Program is not null,
        };
    }
}
