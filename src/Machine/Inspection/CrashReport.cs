using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Inspection;

/// <summary>What a vCPU looked like when it could not go on: enough to find the instruction and what it stumbled over. Plain data.</summary>
public sealed record CrashReport
{
    /// <summary>The vCPU's number.</summary>
    public required int VcpuIndex { get; init; }

    /// <summary>The exit, with its fields, in one line.</summary>
    public required string Exit { get; init; }

    /// <summary>General registers, RIP and RFLAGS.</summary>
    public required kvm_regs Registers { get; init; }

    /// <summary>Segment, descriptor table and control registers.</summary>
    public required kvm_sregs SpecialRegisters { get; init; }

    /// <summary>16, 32 or 64: how the code at RIP is to be read.</summary>
    public required int CodeBits { get; init; }

    /// <summary>RIP as a linear address: with the code segment's base.</summary>
    public required ulong LinearRip { get; init; }

    /// <summary>The linear address of <see cref="Code"/>.</summary>
    public required ulong CodeStart { get; init; }

    /// <summary>Bytes around RIP; empty when none can be read.</summary>
    public required IReadOnlyList<byte> Code { get; init; }

    /// <summary>Up to 64 bytes from the stack pointer upwards; empty when none can be read.</summary>
    public required IReadOnlyList<byte> Stack { get; init; }

    /// <summary>Who called whom, the innermost first, as far as it can be told.</summary>
    public IReadOnlyList<StackFrame> Backtrace { get; init; } = [];

    /// <summary>How many instructions the vCPU had executed; null when nobody counts them.</summary>
    public ulong? Instructions { get; init; }

    /// <summary>Its newest branches, oldest first; empty where nobody remembers them.</summary>
    public IReadOnlyList<Branch> Branches { get; init; } = [];

    /// <summary>The user program whose state this is; null when it is the vCPU's own.</summary>
    public ProgramState? Program { get; init; }

    /// <summary>The program's file on the host, for its symbols; null when it is not known.</summary>
    public string? ProgramFile { get; init; }

    /// <summary>The program's auxiliary vector, as its kernel made it; empty where there is none.</summary>
    public IReadOnlyList<byte> AuxiliaryVector { get; init; } = [];

    /// <summary>How RIP is translated.</summary>
    public required PageWalkTrace RipWalk { get; init; }

    /// <summary>How CR2, the address of the last page fault, is translated.</summary>
    public required PageWalkTrace Cr2Walk { get; init; }
}
