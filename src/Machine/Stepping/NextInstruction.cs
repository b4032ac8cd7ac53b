namespace KvmActors.Machine.Stepping;

/// <summary>An instruction that is about to be executed: its kind, and the size of what it has on the stack.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="WordBytes">The size of a word that it pushes or pops: 2, 4 or 8.</param>
internal readonly record struct NextInstruction(InstructionKind Kind, int WordBytes)
{
    /// <summary>The most bytes of an instruction (Intel SDM vol. 2A, section 2.3.11).</summary>
    public const int MaxBytes = 15;

    /// <summary>Reads the prefixes and the opcode (Intel SDM vol. 2D, appendix A); what is cut off is any other instruction.</summary>
    /// <param name="code">Its bytes, as far as there are any.</param>
    /// <param name="bits">16, 32 or 64.</param>
    public static NextInstruction Decode(ReadOnlySpan<byte> code, int bits)
    {
        var (isRepeated, hasOperandSize, isWide) = (false, false, false);
        for (var index = 0; index < code.Length; index++)
        {
            switch (code[index])
            {
                case 0x66:
                    hasOperandSize = true;
                    break;
                case 0xF2 or 0xF3:
                    isRepeated = true;
                    break;
                case 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x67 or 0xF0:
                    break;
                case >= 0x40 and <= 0x4F when bits == 64:
                    // REX counts only right before the opcode.
                    isWide = (code[index] & 8) != 0;
                    continue;
                default:
                    var kind = KindOf(code[index..], isRepeated);
                    return new NextInstruction(kind, WordOf(kind, bits, hasOperandSize, isWide));
            }

            isWide = false;
        }

        return new NextInstruction(InstructionKind.Other, sizeof(ulong));
    }

    private static InstructionKind KindOf(ReadOnlySpan<byte> opcode, bool isRepeated) => opcode switch
    {
        [0xF4, ..] => InstructionKind.Halt,
        [0xCF, ..] => InstructionKind.InterruptReturn,
        [0xCA or 0xCB, ..] => InstructionKind.FarReturn,
        [0x9C, ..] => InstructionKind.PushFlags,
        [0x9D, ..] => InstructionKind.PopFlags,
        [0x0F, 0x05, ..] => InstructionKind.SystemCall,
        [0x0F, 0x07 or 0x35, ..] => InstructionKind.SystemReturn,
        [(>= 0x6C and <= 0x6F) or (>= 0xA4 and <= 0xA7) or (>= 0xAA and <= 0xAF), ..] when isRepeated => InstructionKind.RepeatedString,
        _ => InstructionKind.Other,
    };

    private static int WordOf(InstructionKind kind, int bits, bool hasOperandSize, bool isWide)
    {
        if (isWide)
        {
            return sizeof(ulong);
        }

        var usual = bits == 16 ? sizeof(ushort)
            : bits == 64 && kind is (InstructionKind.PushFlags or InstructionKind.PopFlags) ? sizeof(ulong)
            : sizeof(uint);
        return !hasOperandSize ? usual : bits == 16 ? sizeof(uint) : sizeof(ushort);
    }
}
