using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using KvmActors.Software.Processor;
using static KvmActors.Software.Simd.VectorTable;

namespace KvmActors.Software.Simd;

/// <summary>Packing, unpacking, shuffling, blending and widening of elements.</summary>
internal static class Shuffles
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        RegisterPacks(table);
        RegisterShuffles(table);
        RegisterBlends(table);
        RegisterWidening(table);
    }

    private static void RegisterPacks(HandlerTable table)
    {
        AddPack(table, Mnemonic.Packsswb, static (a, b) => Sse2.PackSignedSaturate(a.AsInt16(), b.AsInt16()).AsByte());
        AddPack(table, Mnemonic.Packssdw, static (a, b) => Sse2.PackSignedSaturate(a.AsInt32(), b.AsInt32()).AsByte());
        AddPack(table, Mnemonic.Packuswb, static (a, b) => Sse2.PackUnsignedSaturate(a.AsInt16(), b.AsInt16()));
        table.AddBinary(Mnemonic.Packusdw, static (a, b) => Sse41.PackUnsignedSaturate(a.AsInt32(), b.AsInt32()).AsByte());
        AddUnpack(table, Mnemonic.Punpcklbw, Mnemonic.Punpckhbw, Sse2.UnpackLow, Sse2.UnpackHigh);
        AddUnpack(
            table, Mnemonic.Punpcklwd, Mnemonic.Punpckhwd,
            static (a, b) => Sse2.UnpackLow(a.AsInt16(), b.AsInt16()).AsByte(), static (a, b) => Sse2.UnpackHigh(a.AsInt16(), b.AsInt16()).AsByte());
        AddUnpack(
            table, Mnemonic.Punpckldq, Mnemonic.Punpckhdq,
            static (a, b) => Sse2.UnpackLow(a.AsInt32(), b.AsInt32()).AsByte(), static (a, b) => Sse2.UnpackHigh(a.AsInt32(), b.AsInt32()).AsByte());
        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Punpcklqdq, Mnemonic.Unpcklpd])
        {
            table.AddBinary(mnemonic, Join);
        }

        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Punpckhqdq, Mnemonic.Unpckhpd])
        {
            table.AddBinary(mnemonic, static (a, b) => Vector128.Create(a.GetUpper(), b.GetUpper()));
        }

        table.AddBinary(Mnemonic.Unpcklps, static (a, b) => Sse2.UnpackLow(a.AsInt32(), b.AsInt32()).AsByte());
        table.AddBinary(Mnemonic.Unpckhps, static (a, b) => Sse2.UnpackHigh(a.AsInt32(), b.AsInt32()).AsByte());
    }

    private static void RegisterShuffles(HandlerTable table)
    {
        table.AddBinary(
            Mnemonic.Pshufb, Ssse3.Shuffle, static (a, b) => Ssse3.Shuffle(a, b & Vector128.Create((byte)0x87)));
        table.AddControlled(Mnemonic.Pshufd, static (_, b, control) => Words(b, control));
        table.AddControlled(Mnemonic.Pshuflw, static (_, b, control) => Vector128.Create(Halves(b.GetLower(), control), b.GetUpper()));
        table.AddControlled(Mnemonic.Pshufhw, static (_, b, control) => Vector128.Create(b.GetLower(), Halves(b.GetUpper(), control)));
        table.AddControlled(Mnemonic.Shufps, static (a, b, control) => Vector128.Create(Words(a, control).GetLower(), Words(b, control).GetUpper()));
        table.AddControlled(Mnemonic.Shufpd, static (a, b, control) => Vector128.Create(
            (control & 1) != 0 ? a.GetUpper() : a.GetLower(), (control & 2) != 0 ? b.GetUpper() : b.GetLower()));
        table.Add(Mnemonic.Pshufw, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            var source = Vector64.CreateScalar(cpu.ReadMmx(op, op.B)).AsByte();
            cpu.SetMmx(op.A.Index, Halves(source, (byte)op.Immediate).ToVector128());
        });
        table.Add(Code.Palignr_mm_mmm64_imm8, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            var bits = new UInt128(cpu.X87.Significands[op.A.Index], cpu.ReadMmx(op, op.B));
            var count = (byte)op.Immediate;
            cpu.SetMmx(op.A.Index, Bits.ToVector(count > 15 ? UInt128.Zero : bits >> (8 * count)));
        });
        table.AddControlled(Mnemonic.Palignr, static (a, b, control) => control switch
        {
            0 => b,
            < 16 => Bits.ToVector((Bits.Of(b) >> (8 * control)) | (Bits.Of(a) << (128 - (8 * control)))),
            < 32 => Bits.ToVector(Bits.Of(a) >> (8 * (control - 16))),
            _ => Vector128<byte>.Zero,
        });
        table.AddBinary(Mnemonic.Movsldup, static (_, b) => Words(b, 0xA0));
        table.AddBinary(Mnemonic.Movshdup, static (_, b) => Words(b, 0xF5));
    }

    private static void RegisterBlends(HandlerTable table)
    {
        table.AddMasked(Mnemonic.Pblendvb, static (a, b, mask) => Sse41.BlendVariable(a, b, mask));
        table.AddMasked(Mnemonic.Blendvps, static (a, b, mask) => Sse41.BlendVariable(a.AsSingle(), b.AsSingle(), mask.AsSingle()).AsByte());
        table.AddMasked(Mnemonic.Blendvpd, static (a, b, mask) => Sse41.BlendVariable(a.AsDouble(), b.AsDouble(), mask.AsDouble()).AsByte());
        table.AddControlled(Mnemonic.Pblendw, static (a, b, control) => Blend(a, b, control, 2));
        table.AddControlled(Mnemonic.Blendps, static (a, b, control) => Blend(a, b, control, 4));
        table.AddControlled(Mnemonic.Blendpd, static (a, b, control) => Blend(a, b, control, 8));
        table.AddControlled(Mnemonic.Mpsadbw, DifferencesOfBlocks);
    }

    private static void RegisterWidening(HandlerTable table)
    {
        AddWidening<ulong>(table, Mnemonic.Pmovsxbw, static b => Sse41.ConvertToVector128Int16(b.AsSByte()).AsByte());
        AddWidening<uint>(table, Mnemonic.Pmovsxbd, static b => Sse41.ConvertToVector128Int32(b.AsSByte()).AsByte());
        AddWidening<ushort>(table, Mnemonic.Pmovsxbq, static b => Sse41.ConvertToVector128Int64(b.AsSByte()).AsByte());
        AddWidening<ulong>(table, Mnemonic.Pmovsxwd, static b => Sse41.ConvertToVector128Int32(b.AsInt16()).AsByte());
        AddWidening<uint>(table, Mnemonic.Pmovsxwq, static b => Sse41.ConvertToVector128Int64(b.AsInt16()).AsByte());
        AddWidening<ulong>(table, Mnemonic.Pmovsxdq, static b => Sse41.ConvertToVector128Int64(b.AsInt32()).AsByte());
        AddWidening<ulong>(table, Mnemonic.Pmovzxbw, static b => Sse41.ConvertToVector128Int16(b).AsByte());
        AddWidening<uint>(table, Mnemonic.Pmovzxbd, static b => Sse41.ConvertToVector128Int32(b).AsByte());
        AddWidening<ushort>(table, Mnemonic.Pmovzxbq, static b => Sse41.ConvertToVector128Int64(b).AsByte());
        AddWidening<ulong>(table, Mnemonic.Pmovzxwd, static b => Sse41.ConvertToVector128Int32(b.AsUInt16()).AsByte());
        AddWidening<uint>(table, Mnemonic.Pmovzxwq, static b => Sse41.ConvertToVector128Int64(b.AsUInt16()).AsByte());
        AddWidening<ulong>(table, Mnemonic.Pmovzxdq, static b => Sse41.ConvertToVector128Int64(b.AsUInt32()).AsByte());
        AddWidening<ulong>(table, Mnemonic.Movddup, static b => Vector128.Create(b.AsUInt64().ToScalar()).AsByte());
    }

    private static void AddPack(HandlerTable table, Mnemonic mnemonic, VectorFunction function) => table.AddBinary(mnemonic, function, (a, b) =>
    {
        var both = Join(a, b);
        return function(both, both);
    });

    private static void AddUnpack(HandlerTable table, Mnemonic low, Mnemonic high, VectorFunction unpackLow, VectorFunction unpackHigh)
    {
        table.AddBinary(low, unpackLow);
        table.AddBinary(high, unpackHigh, (a, b) => unpackLow((a.AsUInt64() >>> 32).AsByte(), (b.AsUInt64() >>> 32).AsByte()));
    }

    private static void AddWidening<T>(HandlerTable table, Mnemonic mnemonic, Func<Vector128<byte>, Vector128<byte>> function)
        where T : unmanaged =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            cpu.Xmm[op.A.Index] = function(Vector128.CreateScalar(cpu.ReadXmmLow<T>(op, op.B)).AsByte());
        });

    private static Vector128<byte> Words(Vector128<byte> b, byte control) => Vector128.Shuffle(
        b.AsInt32(), Vector128.Create(control & 3, (control >> 2) & 3, (control >> 4) & 3, control >> 6)).AsByte();

    private static Vector64<byte> Halves(Vector64<byte> b, byte control) => Vector64.Shuffle(
        b.AsInt16(), Vector64.Create((short)(control & 3), (short)((control >> 2) & 3), (short)((control >> 4) & 3), (short)(control >> 6))).AsByte();

    private static Vector128<byte> Blend(Vector128<byte> a, Vector128<byte> b, byte control, int size)
    {
        Span<byte> mask = stackalloc byte[16];
        for (var at = 0; at < 16; at++)
        {
            mask[at] = (byte)-((control >> (at / size)) & 1);
        }

        return Vector128.ConditionalSelect(Vector128.Create<byte>(mask), b, a);
    }

    // MPSADBW: sums of absolute differences of four bytes with each of eight neighbours.
    private static Vector128<byte> DifferencesOfBlocks(Vector128<byte> a, Vector128<byte> b, byte control)
    {
        Span<ushort> sums = stackalloc ushort[8];
        var (first, second) = (((control >> 2) & 1) * 4, (control & 3) * 4);
        for (var index = 0; index < 8; index++)
        {
            for (var at = 0; at < 4; at++)
            {
                sums[index] += (ushort)Math.Abs(a[first + index + at] - b[second + at]);
            }
        }

        return Vector128.Create<ushort>(sums).AsByte();
    }
}
