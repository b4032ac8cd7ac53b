using KvmActors.Software.FloatingPoint;

namespace KvmActors.Software.X87;

/// <summary>What FYL2X, FYL2XP1 and FPATAN give, zeros and infinities included (Intel SDM vol. 2A, tables 3-30, 3-41 and 3-42).</summary>
internal static class SpecialFunctions
{
    /// <summary>y · log2(x).</summary>
    public static Number Log2(in Number x, in Number y, ref FloatContext context)
    {
        if (x.Kind == FloatKind.Zero)
        {
            if (y.Kind == FloatKind.Zero)
            {
                return Invalid(ref context);
            }

            context.Raise(y.Kind == FloatKind.Finite ? FloatFlags.DivideByZero : 0);
            return Number.Infinity(!y.IsNegative);
        }

        if (x.IsNegative)
        {
            return Invalid(ref context);
        }

        var logarithm = x.Kind == FloatKind.Infinity ? x : Functions.Log2(x);
        return Multiply(x, logarithm, y, ref context);
    }

    /// <summary>y · log2(1 + x).</summary>
    public static Number Log2OnePlus(in Number x, in Number y, ref FloatContext context)
    {
        if (x.Kind == FloatKind.Infinity)
        {
            return x.IsNegative ? Invalid(ref context) : Multiply(x, x, y, ref context);
        }

        if (x.Kind == FloatKind.Zero)
        {
            return Multiply(x, x, y, ref context);
        }

        if (x.Exponent < -2)
        {
            return Multiply(x, Functions.Log2OnePlus(x), y, ref context);
        }

        var sum = Wide.Add(Number.FromInteger(1), x);
        return sum.Kind == FloatKind.Zero || sum.IsNegative ? Invalid(ref context) : Multiply(x, Functions.Log2(sum), y, ref context);
    }

    /// <summary>The angle of the point (x, y).</summary>
    public static Number ArcTangent(in Number x, in Number y, ref FloatContext context)
    {
        context.Raise(x.IsDenormal || y.IsDenormal ? FloatFlags.Denormal : 0);
        var angle = Magnitude(x with { IsNegative = false }, y with { IsNegative = false });
        if (x.IsNegative)
        {
            angle = angle.Kind == FloatKind.Zero ? Inexact(Wide.Pi) : Inexact(Wide.Add(Wide.Pi, angle.Negate()));
        }

        return angle with { IsNegative = y.IsNegative };
    }

    // The angle of a point of the first quadrant.
    private static Number Magnitude(in Number x, in Number y)
    {
        if (x.Kind == FloatKind.Infinity && y.Kind == FloatKind.Infinity)
        {
            return Inexact(Wide.Pi with { Exponent = -1 });
        }

        if (y.Kind == FloatKind.Zero || x.Kind == FloatKind.Infinity)
        {
            return Number.Zero(false);
        }

        return x.Kind == FloatKind.Zero || y.Kind == FloatKind.Infinity
            ? Inexact(Wide.Pi with { Exponent = 0 })
            : Functions.ArcTangent(y, x);
    }

    private static Number Inexact(in Number number) => number with { Significand = number.Significand | 1 };

    private static Number Multiply(in Number x, in Number logarithm, in Number y, ref FloatContext context)
    {
        var isNegative = logarithm.IsNegative != y.IsNegative;
        if (logarithm.Kind == FloatKind.Infinity || y.Kind == FloatKind.Infinity)
        {
            if (logarithm.Kind == FloatKind.Zero || y.Kind == FloatKind.Zero)
            {
                return Invalid(ref context);
            }

            context.Raise(x.IsDenormal || y.IsDenormal ? FloatFlags.Denormal : 0);
            return Number.Infinity(isNegative);
        }

        context.Raise(x.IsDenormal || y.IsDenormal ? FloatFlags.Denormal : 0);
        if (logarithm.Kind == FloatKind.Zero || y.Kind == FloatKind.Zero)
        {
            return Number.Zero(isNegative);
        }

        // The logarithm of a power of two is an integer, and its product may be exact; the processor calls it inexact all the same.
        context.Raise(context.IsRefused ? 0 : FloatFlags.Inexact);
        return (ulong)logarithm.Significand == 0
            ? Number.Normalize(isNegative, logarithm.Exponent + y.Exponent + 1, Wide.High(logarithm.Significand, y.Significand))
            : Wide.Multiply(logarithm, y);
    }

    private static Number Invalid(ref FloatContext context)
    {
        context.Raise(FloatFlags.Invalid);
        return Number.Indefinite;
    }
}
