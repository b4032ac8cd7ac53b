using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Decoding;

/// <summary>Which operand a register is.</summary>
internal static class RegisterOperands
{
    /// <summary>The operand of a register.</summary>
    public static Operand Of(Register register)
    {
        if (register.IsGPR8())
        {
            // AL, CL, DL, BL; AH, CH, DH, BH; SPL, BPL and so on.
            var number = register - Register.AL;
            return number switch
            {
                < 4 => new Operand(OperandKind.Register, (byte)number),
                < 8 => new Operand(OperandKind.HighByte, (byte)(number - 4)),
                _ => new Operand(OperandKind.Register, (byte)(number - 4)),
            };
        }

        var index = (byte)register.GetNumber();
        return register switch
        {
            _ when register.IsGPR() => new Operand(OperandKind.Register, index),
            _ when register.IsXMM() => new Operand(OperandKind.Xmm, index),
            _ when register.IsMM() => new Operand(OperandKind.Mmx, index),
            _ when register.IsST() => new Operand(OperandKind.Stack, index),
            _ when register.IsCR() => new Operand(OperandKind.Control, index),
            _ when register.IsDR() => new Operand(OperandKind.Debug, index),
            _ when register.IsSegmentRegister() => new Operand(OperandKind.Segment, index),
            _ => new Operand(OperandKind.None, index),
        };
    }

    /// <summary>The segment that a segment register is; DS where there is none.</summary>
    public static Seg SegmentOf(Register register) =>
        register.IsSegmentRegister() ? (Seg)register.GetNumber() : Seg.Ds;
}
