using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>
/// Arithmetic on vectors of floats or doubles. Where MXCSR is as nearly always, and neither operands nor results are remarkable, the
/// host computes them, which rounds to nearest with all exceptions masked; everything else is computed number by number.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal static class FloatVectors<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
{
    /// <summary>Elements of a vector.</summary>
    public static readonly int Count = Vector128<T>.Count;

    /// <summary>A bit for each element.</summary>
    public static readonly uint All = (1u << Vector128<T>.Count) - 1;

    /// <summary>The elements' format.</summary>
    public static readonly FloatFormat Format = typeof(T) == typeof(float) ? FloatFormat.Single : FloatFormat.Double;

    private static readonly T MinNormal = typeof(T) == typeof(float)
        ? T.CreateChecked(BitConverter.UInt32BitsToSingle(1u << 23))
        : T.CreateChecked(BitConverter.UInt64BitsToDouble(1UL << 52));

    /// <summary>Computes an operation.</summary>
    /// <param name="cpu">The processor, whose MXCSR gets the exceptions.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="a">First operands.</param>
    /// <param name="b">Second operands; the only ones of a root.</param>
    /// <param name="elements">A bit for each element to compute; what is in the others does not matter.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Compute(Cpu cpu, FloatOperation operation, Vector128<T> a, Vector128<T> b, uint elements)
    {
        if (cpu.HasPlainMxcsr() && TryCompute(operation, a, b, elements, out var result))
        {
            return result;
        }

        var context = cpu.FloatContext();
        result = ComputeEach(operation, operation, a, b, elements, ref context);
        cpu.Commit(context);
        return result;
    }

    /// <summary>Computes number by number.</summary>
    public static Vector128<T> ComputeEach(
        FloatOperation even, FloatOperation odd, Vector128<T> a, Vector128<T> b, uint elements, ref FloatContext context)
    {
        var result = a;
        for (var index = 0; index < Count; index++)
        {
            if ((elements & (1u << index)) != 0)
            {
                var (x, y) = (Unpack(a, index, context), Unpack(b, index, context));
                var operation = (index & 1) == 0 ? even : odd;
                var number = Arithmetic.Compute(operation, operation == FloatOperation.SquareRoot ? y : x, y, Format, ref context);
                result = With(result, index, Format.Pack(number));
            }
        }

        return result;
    }

    /// <summary>Takes an element apart.</summary>
    public static Number Unpack(Vector128<T> vector, int index, in FloatContext context) =>
        Format.Unpack(BitsOf(vector, index), context.DenormalsAreZero);

    /// <summary>The encoding of an element.</summary>
    public static ulong BitsOf(Vector128<T> vector, int index) =>
        typeof(T) == typeof(float) ? vector.AsUInt32()[index] : vector.AsUInt64()[index];

    /// <summary>The vector with another element.</summary>
    public static Vector128<T> With(Vector128<T> vector, int index, ulong bits) => typeof(T) == typeof(float)
        ? vector.AsUInt32().WithElement(index, (uint)bits).As<uint, T>()
        : vector.AsUInt64().WithElement(index, bits).As<ulong, T>();

    /// <summary>Elements that are zero or normal numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Ordinary(Vector128<T> vector)
    {
        var magnitude = Vector128.Abs(vector);
        return Vector128.Equals(vector, Vector128<T>.Zero)
            | (Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(MinNormal))
                & Vector128.LessThanOrEqual(magnitude, Vector128.Create(T.MaxValue)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCompute(FloatOperation operation, Vector128<T> a, Vector128<T> b, uint elements, out Vector128<T> result)
    {
        var zero = Vector128<T>.Zero;

        // Results at the border of what is normal may have been tiny; zeros are exact where an operand is zero, or the sum is.
        Vector128<T> isExact;
        switch (operation)
        {
            case FloatOperation.Add:
                result = a + b;
                isExact = Vector128.Equals(result, zero) & Ordinary(a);
                break;
            case FloatOperation.Subtract:
                result = a - b;
                isExact = Vector128.Equals(result, zero) & Ordinary(a);
                break;
            case FloatOperation.Multiply:
                result = a * b;
                isExact = (Vector128.Equals(a, zero) | Vector128.Equals(b, zero)) & Ordinary(a);
                break;
            case FloatOperation.Divide:
                result = a / b;
                isExact = Vector128.Equals(a, zero) & ~Vector128.Equals(b, zero);
                break;
            default:
                result = Vector128.Sqrt(b);
                a = b;
                isExact = Vector128.Equals(b, zero);
                break;
        }

        var magnitude = Vector128.Abs(result);
        var isNormal = Vector128.GreaterThan(magnitude, Vector128.Create(MinNormal))
            & Vector128.LessThanOrEqual(magnitude, Vector128.Create(T.MaxValue));
        var isFine = (isExact | isNormal) & Ordinary(a) & Ordinary(b);
        return (isFine.ExtractMostSignificantBits() & elements) == elements;
    }
}
