using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>Conversions between floats, doubles and integers (Intel SDM vol. 1, sections 10.4.4 and 11.4.1.6).</summary>
internal static class FloatConversions
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Cvtps2pd, static (Cpu cpu, in Op op) => Widen(cpu, op, 2));
        table.Add(Mnemonic.Cvtss2sd, static (Cpu cpu, in Op op) => Widen(cpu, op, 1));
        table.Add(Mnemonic.Cvtpd2ps, static (Cpu cpu, in Op op) => Narrow(cpu, op, 2));
        table.Add(Mnemonic.Cvtsd2ss, static (Cpu cpu, in Op op) => Narrow(cpu, op, 1));
        AddToIntegers(table, Mnemonic.Cvtps2dq, FloatFormat.Single, 4, truncates: false);
        AddToIntegers(table, Mnemonic.Cvttps2dq, FloatFormat.Single, 4, truncates: true);
        AddToIntegers(table, Mnemonic.Cvtpd2dq, FloatFormat.Double, 2, truncates: false);
        AddToIntegers(table, Mnemonic.Cvttpd2dq, FloatFormat.Double, 2, truncates: true);
        AddToIntegers(table, Mnemonic.Cvtps2pi, FloatFormat.Single, 2, truncates: false);
        AddToIntegers(table, Mnemonic.Cvttps2pi, FloatFormat.Single, 2, truncates: true);
        AddToIntegers(table, Mnemonic.Cvtpd2pi, FloatFormat.Double, 2, truncates: false);
        AddToIntegers(table, Mnemonic.Cvttpd2pi, FloatFormat.Double, 2, truncates: true);
        table.Add(Mnemonic.Cvtss2si, static (Cpu cpu, in Op op) => ToGeneral(cpu, op, FloatFormat.Single, truncates: false));
        table.Add(Mnemonic.Cvttss2si, static (Cpu cpu, in Op op) => ToGeneral(cpu, op, FloatFormat.Single, truncates: true));
        table.Add(Mnemonic.Cvtsd2si, static (Cpu cpu, in Op op) => ToGeneral(cpu, op, FloatFormat.Double, truncates: false));
        table.Add(Mnemonic.Cvttsd2si, static (Cpu cpu, in Op op) => ToGeneral(cpu, op, FloatFormat.Double, truncates: true));
        table.Add(Mnemonic.Cvtsi2ss, static (Cpu cpu, in Op op) => FromGeneral(cpu, op, FloatFormat.Single));
        table.Add(Mnemonic.Cvtsi2sd, static (Cpu cpu, in Op op) => FromGeneral(cpu, op, FloatFormat.Double));
        table.Add(Mnemonic.Cvtdq2ps, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            cpu.Xmm[op.A.Index] = FromIntegers(cpu, cpu.ReadXmm(op, op.B), FloatFormat.Single, 4);
        });
        table.Add(Mnemonic.Cvtdq2pd, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var source = Vector128.CreateScalar(cpu.ReadXmmLow<ulong>(op, op.B)).AsByte();
            cpu.Xmm[op.A.Index] = FromIntegers(cpu, source, FloatFormat.Double, 2);
        });
        table.Add(Mnemonic.Cvtpi2ps, static (Cpu cpu, in Op op) => FromMmx(cpu, op, FloatFormat.Single));
        table.Add(Mnemonic.Cvtpi2pd, static (Cpu cpu, in Op op) => FromMmx(cpu, op, FloatFormat.Double));
    }

    private static ulong Element(Vector128<byte> vector, FloatFormat format, int index) =>
        format == FloatFormat.Single ? vector.AsUInt32()[index] : vector.AsUInt64()[index];

    private static Vector128<byte> With(Vector128<byte> vector, FloatFormat format, int index, ulong bits) => format == FloatFormat.Single
        ? vector.AsUInt32().WithElement(index, (uint)bits).AsByte()
        : vector.AsUInt64().WithElement(index, bits).AsByte();

    private static ulong Convert(ulong bits, FloatFormat from, FloatFormat to, ref FloatContext context)
    {
        var number = from.Unpack(bits, context.DenormalsAreZero);
        if (number.IsSpecial)
        {
            return to.Pack(Arithmetic.SelectNan(number, number, ref context));
        }

        context.Raise(number.IsDenormal ? FloatFlags.Denormal : 0);
        return context.IsRefused ? 0 : to.Pack(Rounding.Round(number, to, ref context));
    }

    private static void Widen(Cpu cpu, in Op op, int count)
    {
        cpu.CheckSse();
        var source = count == 1 ? cpu.ReadXmmLow<uint>(op, op.B) : cpu.ReadXmmLow<ulong>(op, op.B);
        ref var target = ref cpu.Xmm[op.A.Index];
        var context = cpu.FloatContext();
        var result = target;
        for (var index = 0; index < count; index++)
        {
            var bits = Convert((uint)(source >> (32 * index)), FloatFormat.Single, FloatFormat.Double, ref context);
            result = result.AsUInt64().WithElement(index, bits).AsByte();
        }

        cpu.Commit(context);
        target = result;
    }

    private static void Narrow(Cpu cpu, in Op op, int count)
    {
        cpu.CheckSse();
        var source = count == 1 ? Vector128.CreateScalar(cpu.ReadXmmLow<ulong>(op, op.B)) : cpu.ReadXmm(op, op.B).AsUInt64();
        ref var target = ref cpu.Xmm[op.A.Index];
        var context = cpu.FloatContext();
        var result = count == 1 ? target : Vector128<byte>.Zero;
        for (var index = 0; index < count; index++)
        {
            var bits = Convert(source[index], FloatFormat.Double, FloatFormat.Single, ref context);
            result = result.AsUInt32().WithElement(index, (uint)bits).AsByte();
        }

        cpu.Commit(context);
        target = result;
    }

    // What does not fit is the integer indefinite: the smallest there is.
    private static long ToInteger(ulong bits, FloatFormat format, int size, bool truncates, ref FloatContext context)
    {
        var rounding = context.Rounding;
        context.Rounding = truncates ? RoundingMode.Zero : rounding;
        var fits = Rounding.TryToInteger(format.Unpack(bits, context.DenormalsAreZero), size * 8, ref context, out var value);
        context.Rounding = rounding;
        return fits ? value : long.MinValue >> (64 - (8 * size));
    }

    private static void AddToIntegers(HandlerTable table, Mnemonic mnemonic, FloatFormat format, int count, bool truncates) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            var isMmx = op.A.Kind == OperandKind.Mmx;
            if (isMmx)
            {
                cpu.CheckMmx();
            }

            cpu.CheckSse();
            var source = op.B.IsMemory && op.SizeB == 8 ? Vector128.CreateScalar(cpu.Load<ulong>(op)).AsByte() : cpu.ReadXmm(op, op.B);
            var context = cpu.FloatContext();
            var result = Vector128<int>.Zero;
            for (var index = 0; index < count; index++)
            {
                result = result.WithElement(index, (int)ToInteger(Element(source, format, index), format, 4, truncates, ref context));
            }

            if (!isMmx)
            {
                cpu.Commit(context);
                cpu.Xmm[op.A.Index] = result.AsByte();
                return;
            }

            // MMX registers are in use from here on, even where #XM is raised.
            cpu.EnterMmx();
            cpu.Commit(context);
            cpu.WriteMmx(op.A.Index, result.AsUInt64().ToScalar());
        });

    private static void ToGeneral(Cpu cpu, in Op op, FloatFormat format, bool truncates)
    {
        cpu.CheckSse();
        var bits = format == FloatFormat.Single ? cpu.ReadXmmLow<uint>(op, op.B) : cpu.ReadXmmLow<ulong>(op, op.B);
        if (truncates && cpu.HasPlainMxcsr() && TryTruncate(bits, format, out var value))
        {
            cpu.Set(op, op.A, op.Size, (ulong)value);
            return;
        }

        var context = cpu.FloatContext();
        value = ToInteger(bits, format, op.Size, truncates, ref context);
        cpu.Commit(context);
        cpu.Set(op, op.A, op.Size, (ulong)value);
    }

    private static bool TryTruncate(ulong bits, FloatFormat format, out long value)
    {
        var number = format == FloatFormat.Single ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits);
        var isSmall = Math.Abs(number) < int.MaxValue;
        value = isSmall ? (long)number : 0;
        return isSmall;
    }

    private static void FromGeneral(Cpu cpu, in Op op, FloatFormat format)
    {
        cpu.CheckSse();
        var size = op.B.IsMemory || op.SizeB != 0 ? op.SizeB : 4;
        var value = (long)Cpu.SignExtend(cpu.Get(op, op.B, size), size);
        ref var target = ref cpu.Xmm[op.A.Index];
        target = With(target, format, 0, FromInteger(cpu, value, format));
    }

    private static ulong FromInteger(Cpu cpu, long value, FloatFormat format)
    {
        if (format == FloatFormat.Double && value is < 1L << 53 and > -(1L << 53))
        {
            return BitConverter.DoubleToUInt64Bits(value);
        }

        var context = cpu.FloatContext();
        var bits = format.Pack(Rounding.Round(Number.FromInteger(value), format, ref context));
        cpu.Commit(context);
        return bits;
    }

    private static Vector128<byte> FromIntegers(Cpu cpu, Vector128<byte> source, FloatFormat format, int count)
    {
        var context = cpu.FloatContext();
        var result = Vector128<byte>.Zero;
        for (var index = 0; index < count; index++)
        {
            var number = Number.FromInteger(source.AsInt32()[index]);
            result = With(result, format, index, format.Pack(Rounding.Round(number, format, ref context)));
        }

        cpu.Commit(context);
        return result;
    }

    private static void FromMmx(Cpu cpu, in Op op, FloatFormat format)
    {
        cpu.CheckSse();
        var isMmx = op.B.Kind == OperandKind.Mmx;
        if (isMmx)
        {
            cpu.CheckMmx();
        }

        var source = Vector128.CreateScalar(cpu.ReadMmx(op, op.B)).AsByte();
        if (isMmx)
        {
            cpu.EnterMmx();
        }

        var result = FromIntegers(cpu, source, format, 2);
        ref var target = ref cpu.Xmm[op.A.Index];
        target = format == FloatFormat.Single ? VectorTable.Join(result, Vector128.Create(target.GetUpper(), target.GetUpper())) : result;
    }
}
