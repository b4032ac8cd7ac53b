using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>Sums, products, quotients, roots; sums of neighbours, dot products; estimates (Intel SDM vol. 1, sections 10.4 and 11.4).</summary>
internal static class FloatArithmetic
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        Add(table, FloatOperation.Add, Mnemonic.Addps, Mnemonic.Addpd, Mnemonic.Addss, Mnemonic.Addsd);
        Add(table, FloatOperation.Subtract, Mnemonic.Subps, Mnemonic.Subpd, Mnemonic.Subss, Mnemonic.Subsd);
        Add(table, FloatOperation.Multiply, Mnemonic.Mulps, Mnemonic.Mulpd, Mnemonic.Mulss, Mnemonic.Mulsd);
        Add(table, FloatOperation.Divide, Mnemonic.Divps, Mnemonic.Divpd, Mnemonic.Divss, Mnemonic.Divsd);
        Add(table, FloatOperation.SquareRoot, Mnemonic.Sqrtps, Mnemonic.Sqrtpd, Mnemonic.Sqrtss, Mnemonic.Sqrtsd);
        table.Add(Mnemonic.Addsubps, AddSubtract<float>);
        table.Add(Mnemonic.Addsubpd, AddSubtract<double>);
        AddNeighbours(table, Mnemonic.Haddps, Mnemonic.Haddpd, FloatOperation.Add);
        AddNeighbours(table, Mnemonic.Hsubps, Mnemonic.Hsubpd, FloatOperation.Subtract);
        table.Add(Mnemonic.Dpps, Dot<float>);
        table.Add(Mnemonic.Dppd, Dot<double>);

        // What estimates give is the host's own business; they raise nothing.
        table.AddBinary(Mnemonic.Rcpps, static (_, b) => Sse.Reciprocal(b.AsSingle()).AsByte());
        table.AddBinary(Mnemonic.Rsqrtps, static (_, b) => Sse.ReciprocalSqrt(b.AsSingle()).AsByte());
        AddEstimate(table, Mnemonic.Rcpss, static b => Sse.ReciprocalScalar(b));
        AddEstimate(table, Mnemonic.Rsqrtss, static b => Sse.ReciprocalSqrtScalar(b));
    }

    private static void Add(HandlerTable table, FloatOperation operation, Mnemonic ps, Mnemonic pd, Mnemonic ss, Mnemonic sd)
    {
        table.Add(ps, Packed<float>(operation));
        table.Add(pd, Packed<double>(operation));
        table.Add(ss, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = Vector128.CreateScalar(cpu.ReadXmmLow<float>(op, op.B));
            ref var a = ref cpu.Xmm[op.A.Index];
            a = a.AsSingle().WithElement(0, FloatVectors<float>.Compute(cpu, operation, a.AsSingle(), b, 1).ToScalar()).AsByte();
        });
        table.Add(sd, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = Vector128.CreateScalar(cpu.ReadXmmLow<double>(op, op.B));
            ref var a = ref cpu.Xmm[op.A.Index];
            a = a.AsDouble().WithElement(0, FloatVectors<double>.Compute(cpu, operation, a.AsDouble(), b, 1).ToScalar()).AsByte();
        });
    }

    private static OpHandler Packed<T>(FloatOperation operation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T> => (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = cpu.ReadXmm(op, op.B).As<byte, T>();
            ref var a = ref cpu.Xmm[op.A.Index];
            a = FloatVectors<T>.Compute(cpu, operation, a.As<byte, T>(), b, FloatVectors<T>.All).AsByte();
        };

    private static void AddSubtract<T>(Cpu cpu, in Op op)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        cpu.CheckSse();
        var b = cpu.ReadXmm(op, op.B).As<byte, T>();
        ref var a = ref cpu.Xmm[op.A.Index];
        var context = cpu.FloatContext();
        var result = FloatVectors<T>.ComputeEach(
            FloatOperation.Subtract, FloatOperation.Add, a.As<byte, T>(), b, FloatVectors<T>.All, ref context);
        cpu.Commit(context);
        a = result.AsByte();
    }

    // HADDPS and its kin: each sum is of two neighbours, the first operand's, then the second's.
    private static void AddNeighbours(HandlerTable table, Mnemonic ps, Mnemonic pd, FloatOperation operation)
    {
        table.Add(ps, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = cpu.ReadXmm(op, op.B).AsSingle();
            ref var a = ref cpu.Xmm[op.A.Index];
            var (left, right) = (Sse.Shuffle(a.AsSingle(), b, 0x88), Sse.Shuffle(a.AsSingle(), b, 0xDD));
            a = FloatVectors<float>.Compute(cpu, operation, left, right, 15).AsByte();
        });
        table.Add(pd, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = cpu.ReadXmm(op, op.B).AsDouble();
            ref var a = ref cpu.Xmm[op.A.Index];
            var (left, right) = (Sse2.UnpackLow(a.AsDouble(), b), Sse2.UnpackHigh(a.AsDouble(), b));
            a = FloatVectors<double>.Compute(cpu, operation, left, right, 3).AsByte();
        });
    }

    // DPPS and DPPD: products where the upper half of the control says so, summed in pairs, and put where the lower half says.
    private static void Dot<T>(Cpu cpu, in Op op)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        cpu.CheckSse();
        var b = cpu.ReadXmm(op, op.B).As<byte, T>();
        ref var a = ref cpu.Xmm[op.A.Index];
        var control = (uint)op.Immediate;
        var used = (control >> 4) & FloatVectors<T>.All;
        var products = Vector128<T>.Zero;
        var computed = FloatVectors<T>.Compute(cpu, FloatOperation.Multiply, a.As<byte, T>(), b, used);
        for (var index = 0; index < FloatVectors<T>.Count; index++)
        {
            products = (used & (1u << index)) != 0 ? products.WithElement(index, computed[index]) : products;
        }

        for (var width = FloatVectors<T>.Count; width > 1; width /= 2)
        {
            var (left, right) = (Vector128<T>.Zero, Vector128<T>.Zero);
            for (var index = 0; index < width / 2; index++)
            {
                left = left.WithElement(index, products[2 * index]);
                right = right.WithElement(index, products[(2 * index) + 1]);
            }

            products = FloatVectors<T>.Compute(cpu, FloatOperation.Add, left, right, (1u << (width / 2)) - 1);
        }

        var result = Vector128<T>.Zero;
        for (var index = 0; index < FloatVectors<T>.Count; index++)
        {
            result = (control & (1u << index)) != 0 ? result.WithElement(index, products[0]) : result;
        }

        a = result.AsByte();
    }

    private static void AddEstimate(HandlerTable table, Mnemonic mnemonic, Func<Vector128<float>, Vector128<float>> estimate) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = Vector128.CreateScalar(cpu.ReadXmmLow<float>(op, op.B));
            ref var a = ref cpu.Xmm[op.A.Index];
            a = a.AsSingle().WithElement(0, estimate(b).ToScalar()).AsByte();
        });
}
