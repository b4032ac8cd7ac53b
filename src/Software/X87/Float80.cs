using KvmActors.Software.FloatingPoint;

namespace KvmActors.Software.X87;

/// <summary>A number of 80 bits: double extended precision (Intel SDM vol. 1, sections 4.2.2 and 8.2.2).</summary>
/// <param name="Significand">The significand, whose bit 63 is the explicit integer bit.</param>
/// <param name="SignExponent">The sign in bit 15, and the exponent with a bias of 16,383.</param>
internal readonly record struct Float80(ulong Significand, ushort SignExponent)
{
    private const int Bias = 16383, MaxField = 0x7FFF;
    private const ulong IntegerBit = 1UL << 63, QuietBit = 1UL << 62;

    /// <summary>QNaN floating-point indefinite: what masked invalid operations give.</summary>
    public static readonly Float80 Indefinite = new(IntegerBit | QuietBit, 0xFFFF);

    /// <summary>1.</summary>
    public static readonly Float80 One = new(IntegerBit, Bias);

    /// <summary>Positive zero.</summary>
    public static readonly Float80 Zero = new(0, 0);

    /// <summary>Its sign.</summary>
    public bool IsNegative => (SignExponent & 0x8000) != 0;

    private int Field => SignExponent & MaxField;

    /// <summary>Takes it apart.</summary>
    public Number Unpack()
    {
        var significand = (UInt128)Significand << 64;
        if (Field == 0)
        {
            // Pseudo-denormals, whose integer bit is set, are denormal too, and mean what they say.
            return Number.Normalize(IsNegative, 1 - Bias, significand) with { IsDenormal = Significand != 0 };
        }

        if ((Significand & IntegerBit) == 0)
        {
            return new Number(FloatKind.Unsupported, IsNegative, 0, significand);
        }

        if (Field != MaxField)
        {
            return new Number(FloatKind.Finite, IsNegative, Field - Bias, significand);
        }

        return Significand == IntegerBit ? Number.Infinity(IsNegative) : new Number(
            (Significand & QuietBit) != 0 ? FloatKind.QuietNan : FloatKind.SignalingNan, IsNegative, 0, significand);
    }

    /// <summary>Encodes a number that fits.</summary>
    public static Float80 Pack(in Number number)
    {
        var sign = number.IsNegative ? 0x8000 : 0;
        var significand = (ulong)(number.Significand >> 64);
        return number.Kind switch
        {
            FloatKind.Zero => new Float80(0, (ushort)sign),
            FloatKind.Finite when number.Exponent < 1 - Bias =>
                new Float80(significand >> (1 - Bias - number.Exponent), (ushort)sign),
            FloatKind.Finite => new Float80(significand, (ushort)(sign | (number.Exponent + Bias))),
            _ => new Float80(significand, (ushort)(sign | MaxField)),
        };
    }

    /// <summary>An integer, which always fits.</summary>
    public static Float80 FromInteger(long value) => Pack(Number.FromInteger(value));

    /// <summary>The same with another sign.</summary>
    public Float80 WithSign(bool isNegative) =>
        this with { SignExponent = (ushort)((SignExponent & MaxField) | (isNegative ? 0x8000 : 0)) };
}
