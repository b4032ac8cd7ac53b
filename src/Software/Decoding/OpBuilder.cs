using System.Buffers;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Decoding;

/// <summary>Resolves the operands of a decoded instruction.</summary>
internal static class OpBuilder
{
    // Those of 64-bit mode are whole instructions elsewhere, and followed by no others.
    private static readonly SearchValues<byte> Prefixes = SearchValues.Create(
    [
        0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3,
        0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F,
    ]);

    /// <summary>Resolves everything but the handler.</summary>
    /// <param name="instruction">What was decoded.</param>
    /// <param name="rip">Where it is.</param>
    /// <param name="bytes">What it was decoded from.</param>
    public static Op Build(in Instruction instruction, ulong rip, ReadOnlySpan<byte> bytes)
    {
        var op = new Op
        {
            Code = instruction.Code,
            Length = (byte)instruction.Length,
            NextRip = rip + (ulong)instruction.Length,
            Base = Cpu.NoRegister,
            Index = Cpu.NoRegister,
            Segment = Seg.Ds,
            Flags = FlagsOf(instruction),
            Immediate = FloatingPointOpcode(bytes),
        };
        if (instruction.Code.ConditionCode() is var condition and not ConditionCode.None)
        {
            op.Immediate2 = (byte)(condition - 1);
        }

        for (var index = 0; index < instruction.OpCount; index++)
        {
            var operand = Resolve(instruction, index, ref op, out var size);
            switch (index)
            {
                case 0:
                    (op.A, op.Size) = (operand, (byte)size);
                    break;
                case 1:
                    (op.B, op.SizeB) = (operand, (byte)(operand.Kind == OperandKind.Immediate ? op.Size : size));
                    break;
                case 2:
                    op.C = operand;
                    break;
            }
        }

        op.Shift = (byte)(op.Size is > 0 and <= 8 ? 64 - (8 * op.Size) : 0);
        if (op.A.IsMemory && instruction.Mnemonic == Mnemonic.Xchg)
        {
            op.Flags |= OpFlags.Lock;
        }

        return op;
    }

    /// <summary>An instruction that raises #UD, or #GP where it has too many prefixes.</summary>
    public static Op Refused(in Instruction instruction, ulong rip, int length, bool isTooLong) => new()
    {
        Code = instruction.Code,
        Length = (byte)length,
        NextRip = rip + (ulong)length,
        Flags = OpFlags.EndsBlock,
        Handler = isTooLong
            ? static (Cpu cpu, in Op _) => throw cpu.GeneralProtection()
            : static (Cpu cpu, in Op op) => throw cpu.UnknownInstruction(op.Code.Mnemonic()),
    };

    // The opcode and what follows it, of which 11 bits tell x87 instructions from each other; 0 for all others.
    private static ulong FloatingPointOpcode(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAnyExcept(Prefixes);
        return at >= 0 && at + 1 < bytes.Length && (bytes[at] & 0xF8) == 0xD8 ? ((bytes[at] & 7UL) << 8) | bytes[at + 1] : 0;
    }

    private static OpFlags FlagsOf(in Instruction instruction)
    {
        var flags = OpFlags.None;
        flags |= instruction.HasLockPrefix ? OpFlags.Lock : OpFlags.None;
        flags |= instruction.HasRepPrefix ? OpFlags.Rep : OpFlags.None;
        flags |= instruction.HasRepnePrefix ? OpFlags.Repne : OpFlags.None;
        return flags;
    }

    private static Operand Resolve(in Instruction instruction, int index, ref Op op, out int size)
    {
        size = 0;
        var kind = instruction.GetOpKind(index);
        switch (kind)
        {
            case OpKind.Register:
                var register = instruction.GetOpRegister(index);
                size = register.GetSize();
                return RegisterOperands.Of(register);
            case OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64:
                op.Immediate = instruction.NearBranchTarget;
                return new Operand(OperandKind.Immediate, 0);
            case OpKind.FarBranch16:
                op.Immediate = instruction.FarBranch16 | ((ulong)instruction.FarBranchSelector << 48);
                return new Operand(OperandKind.Immediate, 0);
            case OpKind.FarBranch32:
                op.Immediate = instruction.FarBranch32 | ((ulong)instruction.FarBranchSelector << 48);
                return new Operand(OperandKind.Immediate, 0);
            case OpKind.Immediate8_2nd:
                op.Immediate2 = instruction.Immediate8_2nd;
                return new Operand(OperandKind.None, 0);
            case >= OpKind.Immediate8 and <= OpKind.Immediate32to64:
                op.Immediate = instruction.GetImmediate(index);
                return new Operand(OperandKind.Immediate, 0);
            case OpKind.Memory:
                ResolveMemory(instruction, ref op);
                break;
            default:
                // The operands of string instructions; those at ES:DI need nothing noted.
                op.AddressShift = ShiftOf(kind);
                if (kind is >= OpKind.MemorySegSI and <= OpKind.MemorySegRDI)
                {
                    SetSegment(instruction, ref op);
                }

                break;
        }

        size = instruction.MemorySize.GetSize();
        return new Operand(OperandKind.Memory, 0);
    }

    private static void ResolveMemory(in Instruction instruction, ref Op op)
    {
        SetSegment(instruction, ref op);
        op.Displacement = instruction.MemoryDisplacement64;
        int addressSize;
        if (instruction.IsIPRelativeMemoryOperand)
        {
            op.Displacement = instruction.IPRelativeMemoryAddress;
            addressSize = instruction.MemoryBase == Register.EIP ? 4 : 8;
        }
        else
        {
            var (first, second) = (instruction.MemoryBase, instruction.MemoryIndex);
            addressSize = first != Register.None ? first.GetSize()
                : second is not (Register.None or Register.AL) ? second.GetSize()
                : instruction.MemoryDisplSize;
            op.Base = first == Register.None ? Cpu.NoRegister : (byte)first.GetNumber();

            // XLAT has AL as its index, which its handler adds.
            op.Index = second is Register.None or Register.AL ? Cpu.NoRegister : (byte)second.GetNumber();
            op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        }

        op.AddressShift = (byte)(64 - (8 * addressSize));
    }

    private static void SetSegment(in Instruction instruction, ref Op op)
    {
        op.Segment = RegisterOperands.SegmentOf(instruction.MemorySegment);
        op.Flags |= instruction.CodeSize != CodeSize.Code64 || op.Segment >= Seg.Fs ? OpFlags.Segmented : OpFlags.None;
        op.Flags |= op.Segment == Seg.Ss ? OpFlags.Stack : OpFlags.None;
    }

    private static byte ShiftOf(OpKind kind) => kind switch
    {
        OpKind.MemorySegSI or OpKind.MemorySegDI or OpKind.MemoryESDI => 48,
        OpKind.MemorySegESI or OpKind.MemorySegEDI or OpKind.MemoryESEDI => 32,
        _ => 0,
    };
}
