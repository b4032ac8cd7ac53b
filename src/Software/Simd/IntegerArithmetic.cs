using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using KvmActors.Software.Processor;
using static KvmActors.Software.Simd.VectorTable;

namespace KvmActors.Software.Simd;

/// <summary>Packed integers: arithmetic, comparisons, logic. The host's own instructions compute them, which are exact.</summary>
internal static class IntegerArithmetic
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        RegisterSums(table);
        RegisterProducts(table);
        RegisterComparisons(table);
        RegisterLogic(table);
        table.Add(Mnemonic.Ptest, Test);
    }

    private static void RegisterSums(HandlerTable table)
    {
        table.AddBinary(Mnemonic.Paddb, static (a, b) => a + b);
        table.AddBinary(Mnemonic.Paddw, static (a, b) => (a.AsInt16() + b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Paddd, static (a, b) => (a.AsInt32() + b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Paddq, static (a, b) => (a.AsInt64() + b.AsInt64()).AsByte());
        table.AddBinary(Mnemonic.Psubb, static (a, b) => a - b);
        table.AddBinary(Mnemonic.Psubw, static (a, b) => (a.AsInt16() - b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Psubd, static (a, b) => (a.AsInt32() - b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Psubq, static (a, b) => (a.AsInt64() - b.AsInt64()).AsByte());
        table.AddBinary(Mnemonic.Paddsb, static (a, b) => Sse2.AddSaturate(a.AsSByte(), b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Paddsw, static (a, b) => Sse2.AddSaturate(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Paddusb, static (a, b) => Sse2.AddSaturate(a, b));
        table.AddBinary(Mnemonic.Paddusw, static (a, b) => Sse2.AddSaturate(a.AsUInt16(), b.AsUInt16()).AsByte());
        table.AddBinary(Mnemonic.Psubsb, static (a, b) => Sse2.SubtractSaturate(a.AsSByte(), b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Psubsw, static (a, b) => Sse2.SubtractSaturate(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Psubusb, static (a, b) => Sse2.SubtractSaturate(a, b));
        table.AddBinary(Mnemonic.Psubusw, static (a, b) => Sse2.SubtractSaturate(a.AsUInt16(), b.AsUInt16()).AsByte());
        table.AddBinary(Mnemonic.Pavgb, static (a, b) => Sse2.Average(a, b));
        table.AddBinary(Mnemonic.Pavgw, static (a, b) => Sse2.Average(a.AsUInt16(), b.AsUInt16()).AsByte());
        table.AddBinary(Mnemonic.Psadbw, static (a, b) => Sse2.SumAbsoluteDifferences(a, b).AsByte());
        table.AddBinary(Mnemonic.Pabsb, static (_, b) => Ssse3.Abs(b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Pabsw, static (_, b) => Ssse3.Abs(b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pabsd, static (_, b) => Ssse3.Abs(b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Psignb, static (a, b) => Ssse3.Sign(a.AsSByte(), b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Psignw, static (a, b) => Ssse3.Sign(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Psignd, static (a, b) => Ssse3.Sign(a.AsInt32(), b.AsInt32()).AsByte());
        AddHorizontal(table, Mnemonic.Phaddw, static (a, b) => Ssse3.HorizontalAdd(a.AsInt16(), b.AsInt16()).AsByte());
        AddHorizontal(table, Mnemonic.Phaddd, static (a, b) => Ssse3.HorizontalAdd(a.AsInt32(), b.AsInt32()).AsByte());
        AddHorizontal(table, Mnemonic.Phaddsw, static (a, b) => Ssse3.HorizontalAddSaturate(a.AsInt16(), b.AsInt16()).AsByte());
        AddHorizontal(table, Mnemonic.Phsubw, static (a, b) => Ssse3.HorizontalSubtract(a.AsInt16(), b.AsInt16()).AsByte());
        AddHorizontal(table, Mnemonic.Phsubd, static (a, b) => Ssse3.HorizontalSubtract(a.AsInt32(), b.AsInt32()).AsByte());
        AddHorizontal(table, Mnemonic.Phsubsw, static (a, b) => Ssse3.HorizontalSubtractSaturate(a.AsInt16(), b.AsInt16()).AsByte());
    }

    private static void RegisterProducts(HandlerTable table)
    {
        table.AddBinary(Mnemonic.Pmullw, static (a, b) => Sse2.MultiplyLow(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmulhw, static (a, b) => Sse2.MultiplyHigh(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmulhuw, static (a, b) => Sse2.MultiplyHigh(a.AsUInt16(), b.AsUInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmulhrsw, static (a, b) => Ssse3.MultiplyHighRoundScale(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmuludq, static (a, b) => Sse2.Multiply(a.AsUInt32(), b.AsUInt32()).AsByte());
        table.AddBinary(Mnemonic.Pmuldq, static (a, b) => Sse41.Multiply(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Pmulld, static (a, b) => Sse41.MultiplyLow(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Pmaddwd, static (a, b) => Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmaddubsw, static (a, b) => Ssse3.MultiplyAddAdjacent(a, b.AsSByte()).AsByte());
    }

    private static void RegisterComparisons(HandlerTable table)
    {
        table.AddBinary(Mnemonic.Pcmpeqb, static (a, b) => Vector128.Equals(a, b));
        table.AddBinary(Mnemonic.Pcmpeqw, static (a, b) => Vector128.Equals(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pcmpeqd, static (a, b) => Vector128.Equals(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Pcmpeqq, static (a, b) => Vector128.Equals(a.AsInt64(), b.AsInt64()).AsByte());
        table.AddBinary(Mnemonic.Pcmpgtb, static (a, b) => Vector128.GreaterThan(a.AsSByte(), b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Pcmpgtw, static (a, b) => Vector128.GreaterThan(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pcmpgtd, static (a, b) => Vector128.GreaterThan(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Pcmpgtq, static (a, b) => Vector128.GreaterThan(a.AsInt64(), b.AsInt64()).AsByte());
        table.AddBinary(Mnemonic.Pmaxub, static (a, b) => Vector128.Max(a, b));
        table.AddBinary(Mnemonic.Pmaxsb, static (a, b) => Vector128.Max(a.AsSByte(), b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Pmaxuw, static (a, b) => Vector128.Max(a.AsUInt16(), b.AsUInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmaxsw, static (a, b) => Vector128.Max(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pmaxud, static (a, b) => Vector128.Max(a.AsUInt32(), b.AsUInt32()).AsByte());
        table.AddBinary(Mnemonic.Pmaxsd, static (a, b) => Vector128.Max(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Pminub, static (a, b) => Vector128.Min(a, b));
        table.AddBinary(Mnemonic.Pminsb, static (a, b) => Vector128.Min(a.AsSByte(), b.AsSByte()).AsByte());
        table.AddBinary(Mnemonic.Pminuw, static (a, b) => Vector128.Min(a.AsUInt16(), b.AsUInt16()).AsByte());
        table.AddBinary(Mnemonic.Pminsw, static (a, b) => Vector128.Min(a.AsInt16(), b.AsInt16()).AsByte());
        table.AddBinary(Mnemonic.Pminud, static (a, b) => Vector128.Min(a.AsUInt32(), b.AsUInt32()).AsByte());
        table.AddBinary(Mnemonic.Pminsd, static (a, b) => Vector128.Min(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Phminposuw, static (_, b) => Sse41.MinHorizontal(b.AsUInt16()).AsByte());
    }

    private static void RegisterLogic(HandlerTable table)
    {
        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Pand, Mnemonic.Andps, Mnemonic.Andpd])
        {
            table.AddBinary(mnemonic, static (a, b) => a & b);
        }

        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Pandn, Mnemonic.Andnps, Mnemonic.Andnpd])
        {
            table.AddBinary(mnemonic, static (a, b) => ~a & b);
        }

        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Por, Mnemonic.Orps, Mnemonic.Orpd])
        {
            table.AddBinary(mnemonic, static (a, b) => a | b);
        }

        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Pxor, Mnemonic.Xorps, Mnemonic.Xorpd])
        {
            table.AddBinary(mnemonic, static (a, b) => a ^ b);
        }
    }

    private static void AddHorizontal(HandlerTable table, Mnemonic mnemonic, VectorFunction function) =>
        table.AddBinary(mnemonic, function, (a, b) =>
        {
            var both = Join(a, b);
            return function(both, both);
        });

    private static void Test(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        var b = cpu.ReadXmm(op, op.B);
        var a = cpu.Xmm[op.A.Index];
        var isZero = (a & b) == Vector128<byte>.Zero;
        var isCovered = (~a & b) == Vector128<byte>.Zero;
        cpu.SetStatus(Rflags.Status, (isZero ? Rflags.Zero : 0) | (isCovered ? Rflags.Carry : 0));
    }
}
