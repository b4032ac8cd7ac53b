using System.Numerics;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>ROUNDPS, ROUNDPD, ROUNDSS and ROUNDSD (Intel SDM vol. 2B, table 4-25).</summary>
internal static class FloatRounding
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Roundps, static (Cpu cpu, in Op op) => Round<float>(cpu, op, FloatVectors<float>.All));
        table.Add(Mnemonic.Roundpd, static (Cpu cpu, in Op op) => Round<double>(cpu, op, FloatVectors<double>.All));
        table.Add(Mnemonic.Roundss, static (Cpu cpu, in Op op) => Round<float>(cpu, op, 1));
        table.Add(Mnemonic.Roundsd, static (Cpu cpu, in Op op) => Round<double>(cpu, op, 1));
    }

    private static void Round<T>(Cpu cpu, in Op op, uint elements)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        cpu.CheckSse();
        var source = elements == 1 ? Vector128.CreateScalar(cpu.ReadXmmLow<T>(op, op.B)) : cpu.ReadXmm(op, op.B).As<byte, T>();
        ref var target = ref cpu.Xmm[op.A.Index];
        var control = (int)op.Immediate;
        var context = cpu.FloatContext();
        context.Rounding = (control & 4) != 0 ? context.Rounding : (RoundingMode)(control & 3);
        var result = target.As<byte, T>();
        for (var index = 0; index < FloatVectors<T>.Count; index++)
        {
            if ((elements & (1u << index)) != 0)
            {
                var number = FloatVectors<T>.Unpack(source, index, context);
                number = number.IsSpecial ? Arithmetic.SelectNan(number, number, ref context) : Rounding.ToIntegral(number, ref context);
                result = FloatVectors<T>.With(result, index, FloatVectors<T>.Format.Pack(number));
            }
        }

        context.Flags &= (control & 8) != 0 ? ~FloatFlags.Inexact : FloatFlags.All;
        cpu.Commit(context);
        target = result.AsByte();
    }
}
