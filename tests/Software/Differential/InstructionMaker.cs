using Iced.Intel;

namespace KvmActors.Software.Tests.Differential;

/// <summary>Makes instructions of a given form with random operands.</summary>
/// <param name="random">What they come of.</param>
/// <param name="bits">64 or 32: which registers there are, and which of them point somewhere.</param>
internal sealed class InstructionMaker(Random random, int bits)
{
    private static readonly Register[] Bytes =
    [
        Register.AL, Register.CL, Register.DL, Register.BL, Register.AH, Register.CH, Register.DH, Register.BH, Register.BPL, Register.SIL,
        Register.R8L, Register.R9L, Register.R10L, Register.R11L, Register.R12L, Register.R13L,
    ];

    /// <summary>Fills in the operands of an instruction.</summary>
    /// <returns>False when it has an operand that no program here may have, or cannot be encoded so.</returns>
    public bool TryMake(Code code, out Instruction instruction)
    {
        instruction = new Instruction { Code = code };
        var form = code.ToOpCode();
        for (var index = 0; index < form.OpCount; index++)
        {
            if (!TrySet(ref instruction, index, form.GetOpKind(index)))
            {
                return false;
            }
        }

        if (form.CanUseRepPrefix && random.Next(3) == 0)
        {
            instruction.HasRepPrefix = true;
        }
        else if (form.CanUseRepnePrefix && random.Next(3) == 0)
        {
            instruction.HasRepnePrefix = true;
        }

        if (form.CanUseLockPrefix && instruction.Op0Kind == OpKind.Memory && random.Next(3) == 0)
        {
            instruction.HasLockPrefix = true;
        }

        return Encoder.Create(bits, new Discard()).TryEncode(instruction, RingThree.Code, out _, out _);
    }

    private bool TrySet(ref Instruction instruction, int index, OpCodeOperandKind kind)
    {
        switch (kind)
        {
            case OpCodeOperandKind.mem or OpCodeOperandKind.mem_mpx:
                SetMemory(ref instruction, index);
                return true;
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_or_mem_mpx
                or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.mm_or_mem
                or OpCodeOperandKind.r64_or_mem_mpx when random.Next(2) == 0:
                SetMemory(ref instruction, index);
                return true;
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r8_opcode:
                Set(ref instruction, index, Bytes[random.Next(bits == 64 ? Bytes.Length : 8)]);
                return true;
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm:
                Set(ref instruction, index, Register.AX + General());
                return true;
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm
                or OpCodeOperandKind.r32_vvvv:
                Set(ref instruction, index, Register.EAX + General());
                return true;
            case OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_rm
                or OpCodeOperandKind.r64_vvvv:
                Set(ref instruction, index, Register.RAX + General());
                return true;
            case OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_or_mem:
                Set(ref instruction, index, Register.XMM0 + random.Next(bits / 4));
                return true;
            case OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm or OpCodeOperandKind.mm_or_mem:
                Set(ref instruction, index, Register.MM0 + random.Next(8));
                return true;
            case OpCodeOperandKind.sti_opcode:
                Set(ref instruction, index, Register.ST0 + random.Next(8));
                return true;
            case OpCodeOperandKind.st0:
                Set(ref instruction, index, Register.ST0);
                return true;
            case OpCodeOperandKind.al:
                Set(ref instruction, index, Register.AL);
                return true;
            case OpCodeOperandKind.cl:
                Set(ref instruction, index, Register.CL);
                return true;
            case OpCodeOperandKind.ax:
                Set(ref instruction, index, Register.AX);
                return true;
            case OpCodeOperandKind.eax:
                Set(ref instruction, index, Register.EAX);
                return true;
            case OpCodeOperandKind.rax:
                Set(ref instruction, index, Register.RAX);
                return true;
            case OpCodeOperandKind.imm8_const_1:
                return SetImmediate(ref instruction, index, OpKind.Immediate8, 1);
            case OpCodeOperandKind.imm8:
                return SetImmediate(ref instruction, index, OpKind.Immediate8, (byte)random.Next(256));
            case OpCodeOperandKind.imm8sex16:
                return SetImmediate(ref instruction, index, OpKind.Immediate8to16, (ulong)(sbyte)random.Next(256));
            case OpCodeOperandKind.imm8sex32:
                return SetImmediate(ref instruction, index, OpKind.Immediate8to32, (ulong)(sbyte)random.Next(256));
            case OpCodeOperandKind.imm8sex64:
                return SetImmediate(ref instruction, index, OpKind.Immediate8to64, (ulong)(sbyte)random.Next(256));
            case OpCodeOperandKind.imm16:
                return SetImmediate(ref instruction, index, OpKind.Immediate16, (ushort)random.Next());
            case OpCodeOperandKind.imm32:
                return SetImmediate(ref instruction, index, OpKind.Immediate32, (uint)random.NextInt64());
            case OpCodeOperandKind.imm32sex64:
                return SetImmediate(ref instruction, index, OpKind.Immediate32to64, (ulong)(int)random.NextInt64());
            case OpCodeOperandKind.imm64:
                return SetImmediate(ref instruction, index, OpKind.Immediate64, (ulong)random.NextInt64());
            case OpCodeOperandKind.seg_rSI:
                instruction.SetOpKind(index, bits == 64 ? OpKind.MemorySegRSI : OpKind.MemorySegESI);
                return true;
            case OpCodeOperandKind.es_rDI:
                instruction.SetOpKind(index, bits == 64 ? OpKind.MemoryESRDI : OpKind.MemoryESEDI);
                return true;
            default:
                return false;
        }
    }

    // Mostly not RSP, R14 and R15, which point somewhere.
    private int General()
    {
        var number = random.Next(bits / 4);
        var points = bits == 64 ? number is 4 or 14 or 15 : number is 3 or 4 or 5;
        return points && random.Next(20) != 0 ? General() : number;
    }

    private void SetMemory(ref Instruction instruction, int index)
    {
        instruction.SetOpKind(index, OpKind.Memory);
        if (bits == 32)
        {
            SetNarrowMemory(ref instruction);
            return;
        }

        switch (random.Next(6))
        {
            case 0:
                instruction.MemoryBase = Register.R15;
                instruction.MemoryIndex = Register.R14;
                instruction.MemoryIndexScale = 1 << random.Next(4);
                instruction.MemoryDisplacement64 = (ulong)random.Next(0x100);
                instruction.MemoryDisplSize = 4;
                break;
            case 1:
                instruction.MemoryBase = Register.RIP;
                instruction.MemoryDisplacement64 = RingThree.Data + Spot();
                instruction.MemoryDisplSize = 8;
                break;
            case 2:
                instruction.MemoryBase = Register.R15D;
                instruction.MemoryDisplacement64 = (ulong)random.Next(0x800);
                instruction.MemoryDisplSize = 4;
                break;
            case 3:
                instruction.MemoryIndex = Register.R14;
                instruction.MemoryIndexScale = 1;
                instruction.SegmentPrefix = random.Next(2) == 0 ? Register.FS : Register.GS;
                instruction.MemoryDisplacement64 = (ulong)random.Next(0x100) * 16;
                instruction.MemoryDisplSize = 8;
                break;
            case 4 when random.Next(20) == 0:
                instruction.MemoryDisplacement64 = random.Next(3) switch { 0 => RingThree.ReadOnly, 1 => RingThree.Unmapped, _ => RingThree.Data - 4 } + (ulong)random.Next(8);
                instruction.MemoryDisplSize = 8;
                break;
            default:
                instruction.MemoryBase = Register.R15;
                instruction.MemoryDisplacement64 = Spot() - 0x1000;
                instruction.MemoryDisplSize = 4;
                break;
        }
    }

    private void SetNarrowMemory(ref Instruction instruction)
    {
        instruction.MemoryDisplSize = 4;
        switch (random.Next(5))
        {
            case 0:
                instruction.MemoryBase = Register.EBP;
                instruction.MemoryIndex = Register.EBX;
                instruction.MemoryIndexScale = 1 << random.Next(4);
                instruction.MemoryDisplacement64 = (ulong)random.Next(0x100);
                break;
            case 1:
                instruction.MemoryBase = Register.EBX;
                instruction.SegmentPrefix = random.Next(2) == 0 ? Register.FS : Register.GS;
                instruction.MemoryDisplacement64 = (ulong)random.Next(0x100) * 16;
                break;
            case 2 when random.Next(10) == 0:
                instruction.MemoryDisplacement64 = random.Next(3) switch { 0 => RingThree.ReadOnly, 1 => RingThree.Unmapped, _ => RingThree.Data - 4 } + (ulong)random.Next(8);
                break;
            default:
                instruction.MemoryDisplacement64 = RingThree.Data + Spot();
                break;
        }
    }

    // Often aligned, sometimes across a page's end.
    private ulong Spot() => random.Next(8) switch
    {
        0 => (ulong)(0x1000 * random.Next(1, 4)) - (ulong)random.Next(16),
        1 => (ulong)random.Next(RingThree.DataBytes - 64),
        _ => (ulong)random.Next((RingThree.DataBytes / 16) - 4) * 16,
    };

    private static void Set(ref Instruction instruction, int index, Register register)
    {
        instruction.SetOpKind(index, OpKind.Register);
        instruction.SetOpRegister(index, register);
    }

    private static bool SetImmediate(ref Instruction instruction, int index, OpKind kind, ulong value)
    {
        instruction.SetOpKind(index, kind);
        instruction.SetImmediate(index, value);
        return true;
    }

    private sealed class Discard : CodeWriter
    {
        public override void WriteByte(byte value)
        {
        }
    }
}
