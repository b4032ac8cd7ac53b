using System.Numerics;
using KvmActors.Software.FloatingPoint;

namespace KvmActors.Software.X87;

/// <summary>
/// Elementary functions of finite numbers other than zero, to about 120 bits before they are rounded: what is returned is right in all
/// 64 bits unless the exact result lies within 2^-50 units of a tie.
/// </summary>
internal static class Functions
{
    private const int ArcTangentSteps = 16;

    private static readonly UInt128[] OddReciprocals = [.. Enumerable.Range(0, 28).Select(n => Wide.One / (UInt128)((2 * n) + 1))];
    private static readonly Number[] ArcTangents = MakeArcTangents();

    // π with the 66 bits that processors have of it, as a multiple of 2^-64: their results depend on it.
    private static readonly UInt128 ShortPi = new(3, 0x243F_6A88_85A3_08D3);

    /// <summary>2^x - 1, for |x| up to 1.</summary>
    public static Number Exp2M1(in Number x)
    {
        if (x.Exponent >= 0)
        {
            return x.IsNegative ? Number.FromInteger(-1) with { Exponent = -1 } : Number.FromInteger(1);
        }

        var product = Wide.Multiply(x, Wide.Ln2);
        var fraction = Wide.Fraction(product);
        var sum = Wide.One;
        for (uint n = 32; n >= 2; n--)
        {
            var term = Wide.High(fraction, sum) / n;
            sum = x.IsNegative ? Wide.One - term : Wide.One + term;
        }

        return Wide.Multiply(product, Wide.FromFixed(sum));
    }

    /// <summary>The logarithm to base 2 of a positive number.</summary>
    public static Number Log2(in Number x)
    {
        // x = m · 2^exponent with m between the roots of 1/2 and 2.
        var isUpper = x.Significand >= new UInt128(0xB504_F333_F9DE_6484, 0x597D_89B3_754A_BE9F);
        var m = x with { Exponent = isUpper ? -1 : 0 };
        var exponent = Number.FromInteger(isUpper ? x.Exponent + 1 : x.Exponent);
        var above = Wide.Add(m, Number.FromInteger(-1));
        return above.Kind == FloatKind.Zero
            ? exponent
            : Wide.Add(exponent, LogOfRatio(Wide.Divide(above, Wide.Add(m, Number.FromInteger(1)))));
    }

    /// <summary>The logarithm to base 2 of 1 + x, for |x| below 0.42; exact in relation to itself.</summary>
    public static Number Log2OnePlus(in Number x) => LogOfRatio(Wide.Divide(x, Wide.Add(x, Number.FromInteger(2))));

    /// <summary>The angle whose tangent is y / x, both positive: from 0 to π/2.</summary>
    public static Number ArcTangent(in Number y, in Number x)
    {
        var isSteep = Comparison.IsLess(x, y);
        var ratio = isSteep ? Wide.Divide(x, y) : Wide.Divide(y, x);
        var angle = ArcTangent(ratio);
        return isSteep ? Wide.Add(Wide.Pi with { Exponent = 0 }, angle.Negate()) : angle;
    }

    /// <summary>Sine and cosine of a number below 2^63 in magnitude.</summary>
    public static (Number Sine, Number Cosine) SineAndCosine(in Number x)
    {
        var (angle, quadrant) = ReduceAngle(x);
        var square = Wide.Fraction(Wide.Multiply(angle, angle));
        var (sine, cosine) = (Wide.One, Wide.One);
        for (uint n = 34; n >= 2; n -= 2)
        {
            sine = Wide.One - (Wide.High(square, sine) / (n * (n + 1)));
            cosine = Wide.One - (Wide.High(square, cosine) / (n * (n - 1)));
        }

        var s = angle.Kind == FloatKind.Zero ? angle : Wide.Multiply(angle, Wide.FromFixed(sine - 1));
        var c = Wide.FromFixed(cosine - 1);
        c = c with { Significand = c.Significand | 1 };
        return quadrant switch
        {
            0 => (s, c),
            1 => (c, s.Negate()),
            2 => (s.Negate(), c.Negate()),
            _ => (c.Negate(), s),
        };
    }

    // The angle modulo π/2, from -π/4 to π/4, and how many π/2 were taken away.
    private static (Number Angle, int Quadrant) ReduceAngle(in Number x)
    {
        if (x.Exponent < -1)
        {
            return (x, 0);
        }

        // In units of 2^-65, in which π/2 is ShortPi.
        var (rest, quadrant) = (x.Significand >> 64, 0);
        for (var bit = x.Exponent + 2; bit > 0; bit--)
        {
            rest <<= 1;
            quadrant <<= 1;
            if (rest >= ShortPi)
            {
                rest -= ShortPi;
                quadrant |= 1;
            }
        }

        var isUpper = rest > ShortPi >> 1;
        quadrant += isUpper ? 1 : 0;
        var angle = Number.Normalize(isUpper, 127 - 65, isUpper ? ShortPi - rest : rest);
        return x.IsNegative ? (angle.Negate(), -quadrant & 3) : (angle, quadrant & 3);
    }

    // 2 / ln 2 · atanh(ratio), for |ratio| below 0.18: log2((1 + ratio) / (1 - ratio)).
    private static Number LogOfRatio(in Number ratio)
    {
        var logarithm = Wide.Multiply(Wide.Multiply(ratio, OddSeries(ratio, alternates: false)), Wide.Log2E);
        return logarithm with { Exponent = logarithm.Exponent + 1 };
    }

    // 1 ± x^2/3 + x^4/5 ± ...
    private static Number OddSeries(in Number x, bool alternates)
    {
        var square = Wide.Fraction(Wide.Multiply(x, x));
        var sum = OddReciprocals[^1];
        for (var n = OddReciprocals.Length - 2; n >= 0; n--)
        {
            var term = Wide.High(square, sum);
            sum = alternates ? OddReciprocals[n] - term : OddReciprocals[n] + term;
        }

        return Wide.FromFixed(sum);
    }

    // For a ratio up to 1: what is left of it after the nearest 16th below is small.
    private static Number ArcTangent(in Number ratio)
    {
        var step = ratio.Exponent >= 0 ? ArcTangentSteps : (int)(uint)(Wide.Fraction(ratio) >> 124);
        if (step == 0)
        {
            return SmallArcTangent(ratio);
        }

        var part = Number.FromInteger(step);
        part = part with { Exponent = part.Exponent - BitOperations.Log2(ArcTangentSteps) };
        var above = Wide.Add(ratio, part.Negate());
        if (above.Kind == FloatKind.Zero)
        {
            return ArcTangents[step];
        }

        var rest = Wide.Divide(above, Wide.Add(Number.FromInteger(1), Wide.Multiply(ratio, part)));
        return Wide.Add(ArcTangents[step], SmallArcTangent(rest));
    }

    private static Number SmallArcTangent(in Number x) => Wide.Multiply(x, OddSeries(x, alternates: true));

    // atan(k/16) = atan((k - 1)/16) + atan(16 / (256 + k (k - 1))).
    private static Number[] MakeArcTangents()
    {
        var angles = new Number[ArcTangentSteps + 1];
        angles[0] = Number.Zero(false);
        for (var k = 1; k <= ArcTangentSteps; k++)
        {
            var ratio = Wide.Divide(Number.FromInteger(ArcTangentSteps), Number.FromInteger((ArcTangentSteps * ArcTangentSteps) + (k * (k - 1))));
            angles[k] = Wide.Add(angles[k - 1], SmallArcTangent(ratio));
        }

        return angles;
    }
}
