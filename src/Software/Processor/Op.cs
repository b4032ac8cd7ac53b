using System.Runtime.InteropServices;
using Iced.Intel;

namespace KvmActors.Software.Processor;

/// <summary>Executes one decoded instruction. It changes no state before everything that may fault has been done.</summary>
internal delegate void OpHandler(Cpu cpu, in Op op);

/// <summary>Where an operand is.</summary>
internal enum OperandKind : byte
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A general register; <see cref="Operand.Index"/> is its number.</summary>
    Register,

    /// <summary>AH, CH, DH or BH: bits 15:8 of the register <see cref="Operand.Index"/>.</summary>
    HighByte,

    /// <summary>The instruction's memory operand: base, index, scale, displacement and segment are in the <see cref="Op"/>.</summary>
    Memory,

    /// <summary><see cref="Op.Immediate"/>, sign-extended.</summary>
    Immediate,

    /// <summary>XMM0 to XMM15.</summary>
    Xmm,

    /// <summary>MM0 to MM7.</summary>
    Mmx,

    /// <summary>ST(0) to ST(7).</summary>
    Stack,

    /// <summary>A segment register, by its number in the instruction set: ES, CS, SS, DS, FS, GS.</summary>
    Segment,

    /// <summary>CR0 to CR15.</summary>
    Control,

    /// <summary>DR0 to DR15.</summary>
    Debug,
}

/// <summary>One operand of a decoded instruction.</summary>
/// <param name="Kind">Where it is.</param>
/// <param name="Index">The register's number.</param>
internal readonly record struct Operand(OperandKind Kind, byte Index)
{
    /// <summary>Whether it is in memory.</summary>
    public bool IsMemory => Kind == OperandKind.Memory;
}

/// <summary>What is remarkable about an instruction.</summary>
[Flags]
internal enum OpFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>LOCK, or an exchange with memory: atomic.</summary>
    Lock = 1 << 0,

    /// <summary>REP or REPE.</summary>
    Rep = 1 << 1,

    /// <summary>REPNE.</summary>
    Repne = 1 << 2,

    /// <summary>Its memory operand is in the stack's segment: faults are #SS.</summary>
    Stack = 1 << 3,

    /// <summary>Its memory operand's segment has a base or a limit to look at.</summary>
    Segmented = 1 << 4,

    /// <summary>Nothing after it belongs to the same block.</summary>
    EndsBlock = 1 << 5,
}

/// <summary>
/// One decoded instruction, ready to execute: operands resolved, addresses absolute. A block is an array of these, so this is kept
/// small.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct Op
{
    /// <summary>What executes it.</summary>
    public OpHandler Handler;

    /// <summary>
    /// Its immediate operand, sign-extended; the target of a near branch; offset and selector (bits 63:48) of a far one; the opcode of
    /// an x87 instruction as FOP has it.
    /// </summary>
    public ulong Immediate;

    /// <summary>The memory operand's displacement, with the address of RIP-relative ones in it.</summary>
    public ulong Displacement;

    /// <summary>RIP after it.</summary>
    public ulong NextRip;

    /// <summary>The first operand, mostly the target.</summary>
    public Operand A;

    /// <summary>The second operand.</summary>
    public Operand B;

    /// <summary>The third operand.</summary>
    public Operand C;

    /// <summary>The memory operand's base register, or <see cref="Cpu.NoRegister"/>.</summary>
    public byte Base;

    /// <summary>The memory operand's index register, or <see cref="Cpu.NoRegister"/>.</summary>
    public byte Index;

    /// <summary>By how many bits the index is shifted.</summary>
    public byte Scale;

    /// <summary>The memory operand's segment.</summary>
    public Seg Segment;

    /// <summary>Bits of 64 that an address of this instruction does not have: 0, 32 or 48.</summary>
    public byte AddressShift;

    /// <summary>Bytes of operand A, or of the operation where there is none: 1, 2, 4, 8 or more.</summary>
    public byte Size;

    /// <summary>Bits of 64 that the operation does not have: 56, 48, 32 or 0.</summary>
    public byte Shift;

    /// <summary>Bytes of operand B.</summary>
    public byte SizeB;

    /// <summary>Bytes of the instruction.</summary>
    public byte Length;

    /// <summary>The second immediate operand of <c>enter</c>, <c>extrq</c> and <c>insertq</c>.</summary>
    public byte Immediate2;

    /// <summary>What is remarkable about it.</summary>
    public OpFlags Flags;

    /// <summary>Which instruction it is, to the form.</summary>
    public Code Code;

    /// <summary>RIP of the instruction itself.</summary>
    public readonly ulong Rip => NextRip - Length;

    /// <summary>Whether a flag is set.</summary>
    public readonly bool Has(OpFlags flag) => (Flags & flag) != OpFlags.None;
}
