using KvmActors.Software.FloatingPoint;

namespace KvmActors.Software.X87;

/// <summary>Arithmetic on 128-bit significands: what transcendental functions are computed with, each step to within 2^-125.</summary>
internal static class Wide
{
    /// <summary>1 with 127 bits after the point.</summary>
    public static readonly UInt128 One = UInt128.One << 127;

    /// <summary>log2(e).</summary>
    public static readonly Number Log2E = new(FloatKind.Finite, false, 0, new UInt128(0xB8AA_3B29_5C17_F0BB, 0xBE87_FED0_691D_3E88));

    /// <summary>The natural logarithm of 2.</summary>
    public static readonly Number Ln2 = new(FloatKind.Finite, false, -1, new UInt128(0xB172_17F7_D1CF_79AB, 0xC9E3_B398_03F2_F6AF));

    /// <summary>π.</summary>
    public static readonly Number Pi = new(FloatKind.Finite, false, 1, new UInt128(0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1));

    /// <summary>The upper 128 bits of a product.</summary>
    public static UInt128 High(UInt128 a, UInt128 b)
    {
        var (a1, a0, b1, b0) = ((ulong)(a >> 64), (ulong)a, (ulong)(b >> 64), (ulong)b);
        var high = Product(a1, b1);
        var (middle, other) = (Product(a1, b0), Product(a0, b1));
        var low = Math.BigMul(a0, b0, out _);
        var carry = (UInt128)(ulong)middle + (ulong)other + low;
        return high + (middle >> 64) + (other >> 64) + (carry >> 64);
    }

    /// <summary>The product; it counts as inexact.</summary>
    public static Number Multiply(in Number a, in Number b)
    {
        var product = Number.Normalize(a.IsNegative != b.IsNegative, a.Exponent + b.Exponent + 1, High(a.Significand, b.Significand));
        return product with { Significand = product.Significand | 1 };
    }

    /// <summary>The quotient; it counts as inexact.</summary>
    public static Number Divide(in Number a, in Number b)
    {
        var (rest, divisor, exponent) = (a.Significand >> 1, b.Significand >> 1, a.Exponent - b.Exponent);
        if (rest < divisor)
        {
            rest <<= 1;
            exponent--;
        }

        UInt128 quotient = 0;
        for (var bit = 0; bit < 128; bit++)
        {
            quotient <<= 1;
            if (rest >= divisor)
            {
                rest -= divisor;
                quotient |= 1;
            }

            rest <<= 1;
        }

        return new Number(FloatKind.Finite, a.IsNegative != b.IsNegative, exponent, quotient | 1);
    }

    /// <summary>The sum.</summary>
    public static Number Add(in Number a, in Number b)
    {
        var context = default(FloatContext);
        return Arithmetic.Add(a, b, ref context);
    }

    /// <summary>The magnitude of a number below 1 as a fraction of 128 bits.</summary>
    public static UInt128 Fraction(in Number number) =>
        number.Kind == FloatKind.Zero ? UInt128.Zero : number.Exponent < -128 ? UInt128.Zero : number.Significand >> (-1 - number.Exponent);

    /// <summary>The number that a fixed-point value with 127 bits after the point is.</summary>
    public static Number FromFixed(UInt128 value, bool isNegative = false) => Number.Normalize(isNegative, 0, value);

    private static UInt128 Product(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return new UInt128(high, low);
    }
}
