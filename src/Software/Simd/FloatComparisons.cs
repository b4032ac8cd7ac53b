using System.Numerics;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>CMPPS, COMISS, UCOMISS, MINPS, MAXPS and their kin (Intel SDM vol. 1, sections 11.4.1.3 and 4.8.3.4).</summary>
internal static class FloatComparisons
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Cmpps, static (Cpu cpu, in Op op) => Compare<float>(cpu, op, FloatVectors<float>.All));
        table.Add(Mnemonic.Cmppd, static (Cpu cpu, in Op op) => Compare<double>(cpu, op, FloatVectors<double>.All));
        table.Add(Mnemonic.Cmpss, static (Cpu cpu, in Op op) => Compare<float>(cpu, op, 1));
        table.Add(Mnemonic.Cmpsd, static (Cpu cpu, in Op op) => Compare<double>(cpu, op, 1));
        table.Add(Mnemonic.Comiss, static (Cpu cpu, in Op op) => CompareToFlags<float>(cpu, op, isQuiet: false));
        table.Add(Mnemonic.Comisd, static (Cpu cpu, in Op op) => CompareToFlags<double>(cpu, op, isQuiet: false));
        table.Add(Mnemonic.Ucomiss, static (Cpu cpu, in Op op) => CompareToFlags<float>(cpu, op, isQuiet: true));
        table.Add(Mnemonic.Ucomisd, static (Cpu cpu, in Op op) => CompareToFlags<double>(cpu, op, isQuiet: true));
        table.Add(Mnemonic.Minps, static (Cpu cpu, in Op op) => Select<float>(cpu, op, FloatVectors<float>.All, Relation.Less));
        table.Add(Mnemonic.Minpd, static (Cpu cpu, in Op op) => Select<double>(cpu, op, FloatVectors<double>.All, Relation.Less));
        table.Add(Mnemonic.Minss, static (Cpu cpu, in Op op) => Select<float>(cpu, op, 1, Relation.Less));
        table.Add(Mnemonic.Minsd, static (Cpu cpu, in Op op) => Select<double>(cpu, op, 1, Relation.Less));
        table.Add(Mnemonic.Maxps, static (Cpu cpu, in Op op) => Select<float>(cpu, op, FloatVectors<float>.All, Relation.Greater));
        table.Add(Mnemonic.Maxpd, static (Cpu cpu, in Op op) => Select<double>(cpu, op, FloatVectors<double>.All, Relation.Greater));
        table.Add(Mnemonic.Maxss, static (Cpu cpu, in Op op) => Select<float>(cpu, op, 1, Relation.Greater));
        table.Add(Mnemonic.Maxsd, static (Cpu cpu, in Op op) => Select<double>(cpu, op, 1, Relation.Greater));
    }

    private static Vector128<T> Source<T>(Cpu cpu, in Op op, uint elements)
        where T : unmanaged =>
        elements == 1 ? Vector128.CreateScalar(cpu.ReadXmmLow<T>(op, op.B)) : cpu.ReadXmm(op, op.B).As<byte, T>();

    private static bool AreOrdinary<T>(Vector128<T> a, Vector128<T> b, uint elements)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T> =>
        ((FloatVectors<T>.Ordinary(a) & FloatVectors<T>.Ordinary(b)).ExtractMostSignificantBits() & elements) == elements;

    private static Relation Compare<T>(Vector128<T> a, Vector128<T> b, int index, bool isQuiet, ref FloatContext context)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T> =>
        Comparison.Compare(FloatVectors<T>.Unpack(a, index, context), FloatVectors<T>.Unpack(b, index, context), isQuiet, ref context);

    private static void Compare<T>(Cpu cpu, in Op op, uint elements)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        cpu.CheckSse();
        var b = Source<T>(cpu, op, elements);
        ref var target = ref cpu.Xmm[op.A.Index];
        var a = target.As<byte, T>();
        var predicate = (int)op.Immediate & 7;
        if (AreOrdinary(a, b, elements))
        {
            var holds = (predicate & 3) switch
            {
                0 => Vector128.Equals(a, b),
                1 => Vector128.LessThan(a, b),
                2 => Vector128.LessThanOrEqual(a, b),
                _ => Vector128<T>.Zero,
            };
            holds = (predicate & 4) != 0 ? ~holds : holds;
            target = elements == 1 ? FloatVectors<T>.With(a, 0, FloatVectors<T>.BitsOf(holds, 0)).AsByte() : holds.AsByte();
            return;
        }

        // Less and less or equal, and their opposites, take no NaN quietly.
        var context = cpu.FloatContext();
        var result = a;
        for (var index = 0; index < FloatVectors<T>.Count; index++)
        {
            if ((elements & (1u << index)) != 0)
            {
                var relation = Compare(a, b, index, (predicate & 3) is 0 or 3, ref context);
                var holds = (predicate & 3) switch
                {
                    0 => relation == Relation.Equal,
                    1 => relation == Relation.Less,
                    2 => relation is Relation.Less or Relation.Equal,
                    _ => relation == Relation.Unordered,
                };
                result = FloatVectors<T>.With(result, index, holds != ((predicate & 4) != 0) ? ulong.MaxValue : 0);
            }
        }

        cpu.Commit(context);
        target = result.AsByte();
    }

    private static void CompareToFlags<T>(Cpu cpu, in Op op, bool isQuiet)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        cpu.CheckSse();
        var b = Source<T>(cpu, op, 1);
        var a = cpu.Xmm[op.A.Index].As<byte, T>();
        if (AreOrdinary(a, b, 1))
        {
            var (x, y) = (a.ToScalar(), b.ToScalar());
            cpu.SetComparison(x == y, parity: false, x < y);
            return;
        }

        var context = cpu.FloatContext();
        var relation = Compare(a, b, 0, isQuiet, ref context);
        cpu.Commit(context);
        cpu.SetComparison(
            relation is Relation.Equal or Relation.Unordered, relation == Relation.Unordered, relation is Relation.Less or Relation.Unordered);
    }

    // MIN and MAX: the first operand where it is less (greater), the second in all other cases: equal ones, and NaNs, which are invalid.
    private static void Select<T>(Cpu cpu, in Op op, uint elements, Relation wanted)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        cpu.CheckSse();
        var b = Source<T>(cpu, op, elements);
        ref var target = ref cpu.Xmm[op.A.Index];
        var a = target.As<byte, T>();
        var context = cpu.FloatContext();
        var isOrdinary = AreOrdinary(a, b, elements);
        var result = a;
        for (var index = 0; index < FloatVectors<T>.Count; index++)
        {
            if ((elements & (1u << index)) == 0)
            {
                continue;
            }

            var isFirst = isOrdinary
                ? (wanted == Relation.Less ? a[index] < b[index] : a[index] > b[index])
                : Compare(a, b, index, isQuiet: false, ref context) == wanted;
            var bits = FloatVectors<T>.BitsOf(isFirst ? a : b, index);

            // A denormal number that counts as zero comes out as zero.
            result = FloatVectors<T>.With(
                result, index, context.DenormalsAreZero && !isOrdinary ? FlushDenormal<T>(bits) : bits);
        }

        cpu.Commit(context);
        target = result.AsByte();
    }

    private static ulong FlushDenormal<T>(ulong bits)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        var number = FloatVectors<T>.Format.Unpack(bits, denormalsAreZero: true);
        return number.Kind == FloatKind.Zero ? FloatVectors<T>.Format.Pack(number) : bits;
    }
}
