using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>Shifts of packed integers by one count for all, and of whole registers by bytes.</summary>
internal static class Shifts
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        Add(table, Mnemonic.Psllw, static (a, n) => Sse2.ShiftLeftLogical(a.AsInt16(), n.AsInt16()).AsByte());
        Add(table, Mnemonic.Pslld, static (a, n) => Sse2.ShiftLeftLogical(a.AsInt32(), n.AsInt32()).AsByte());
        Add(table, Mnemonic.Psllq, static (a, n) => Sse2.ShiftLeftLogical(a.AsInt64(), n.AsInt64()).AsByte());
        Add(table, Mnemonic.Psrlw, static (a, n) => Sse2.ShiftRightLogical(a.AsInt16(), n.AsInt16()).AsByte());
        Add(table, Mnemonic.Psrld, static (a, n) => Sse2.ShiftRightLogical(a.AsInt32(), n.AsInt32()).AsByte());
        Add(table, Mnemonic.Psrlq, static (a, n) => Sse2.ShiftRightLogical(a.AsInt64(), n.AsInt64()).AsByte());
        Add(table, Mnemonic.Psraw, static (a, n) => Sse2.ShiftRightArithmetic(a.AsInt16(), n.AsInt16()).AsByte());
        Add(table, Mnemonic.Psrad, static (a, n) => Sse2.ShiftRightArithmetic(a.AsInt32(), n.AsInt32()).AsByte());
        AddBytes(table, Mnemonic.Pslldq, static (bits, count) => bits << count);
        AddBytes(table, Mnemonic.Psrldq, static (bits, count) => bits >> count);
    }

    // Sse2's shifts by a register take all 64 bits of the count, as the instructions do.
    private static void Add(HandlerTable table, Mnemonic mnemonic, VectorFunction function)
    {
        table.AddBinary(mnemonic, function);
        var codes = Enum.GetValues<Code>().Where(code => code.Mnemonic() == mnemonic && code.ToOpCode().OpCount == 2);
        foreach (var code in codes.Where(code => code.ToOpCode().GetOpKind(1) == OpCodeOperandKind.imm8))
        {
            if (code.ToOpCode().GetOpKind(0) == OpCodeOperandKind.mm_rm)
            {
                table.Add(code, (Cpu cpu, in Op op) =>
                {
                    cpu.CheckMmx();
                    cpu.SetMmx(op.A.Index, function(cpu.GetMmx(op.A.Index), Count(op)));
                });
            }
            else
            {
                table.Add(code, (Cpu cpu, in Op op) =>
                {
                    cpu.CheckSse();
                    ref var a = ref cpu.Xmm[op.A.Index];
                    a = function(a, Count(op));
                });
            }
        }
    }

    private static Vector128<byte> Count(in Op op) => Vector128.CreateScalar((ulong)(byte)op.Immediate).AsByte();

    private static void AddBytes(HandlerTable table, Mnemonic mnemonic, Func<UInt128, int, UInt128> shift) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            ref var a = ref cpu.Xmm[op.A.Index];
            var count = (byte)op.Immediate;
            a = count > 15 ? Vector128<byte>.Zero : Bits.ToVector(shift(Bits.Of(a), 8 * count));
        });
}

/// <summary>Vectors as numbers of 128 bits.</summary>
internal static class Bits
{
    /// <summary>The number a vector is.</summary>
    public static UInt128 Of(Vector128<byte> vector) => new(vector.AsUInt64()[1], vector.AsUInt64()[0]);

    /// <summary>The vector of a number.</summary>
    public static Vector128<byte> ToVector(UInt128 bits) => Vector128.Create((ulong)bits, (ulong)(bits >> 64)).AsByte();
}
