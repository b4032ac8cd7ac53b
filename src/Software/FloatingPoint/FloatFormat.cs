using System.Numerics;

namespace KvmActors.Software.FloatingPoint;

/// <summary>A binary interchange format of IEEE 754 of up to 64 bits.</summary>
/// <param name="precision">Bits of its significand, with the hidden one.</param>
/// <param name="bias">Bias of its exponent, which is the greatest exponent too.</param>
internal sealed class FloatFormat(int precision, int bias)
{
    /// <summary>32 bits.</summary>
    public static readonly FloatFormat Single = new(24, 127);

    /// <summary>64 bits.</summary>
    public static readonly FloatFormat Double = new(53, 1023);

    /// <summary>80 bits, as far as rounding is concerned.</summary>
    public static readonly FloatFormat Extended = new(64, 16383);

    private readonly int _fractionBits = precision - 1;
    private readonly ulong _fractionMask = (1UL << (precision - 1)) - 1;
    private readonly int _maxField = (2 * bias) + 1;

    /// <summary>Bits of its significand, with the hidden one.</summary>
    public int Precision => precision;

    /// <summary>The greatest exponent of finite numbers.</summary>
    public int MaxExponent => bias;

    /// <summary>The smallest exponent of normal numbers.</summary>
    public int MinExponent => 1 - bias;

    private int SignBit => _fractionBits + BitOperations.PopCount((uint)_maxField);

    /// <summary>Takes an encoding apart.</summary>
    /// <param name="bits">The encoding.</param>
    /// <param name="denormalsAreZero">Whether denormal numbers count as zero.</param>
    public Number Unpack(ulong bits, bool denormalsAreZero)
    {
        var isNegative = ((bits >> SignBit) & 1) != 0;
        var field = (int)(bits >> _fractionBits) & _maxField;
        var fraction = bits & _fractionMask;
        var top = (UInt128)(fraction << (63 - _fractionBits)) << 64;
        if (field == _maxField)
        {
            return fraction == 0 ? Number.Infinity(isNegative) : new Number(
                (fraction >> (_fractionBits - 1)) != 0 ? FloatKind.QuietNan : FloatKind.SignalingNan, isNegative, 0, (UInt128.One << 127) | top);
        }

        return field != 0 ? new Number(FloatKind.Finite, isNegative, field - bias, (UInt128.One << 127) | top)
            : fraction == 0 || denormalsAreZero ? Number.Zero(isNegative)
            : Number.Normalize(isNegative, MinExponent, top) with { IsDenormal = true };
    }

    /// <summary>Encodes a number that fits.</summary>
    public ulong Pack(in Number number)
    {
        var sign = number.IsNegative ? 1UL << SignBit : 0;
        var top = (ulong)(number.Significand >> 64) >> (63 - _fractionBits);
        switch (number.Kind)
        {
            case FloatKind.Zero:
                return sign;
            case FloatKind.Finite when number.Exponent < MinExponent:
                return sign | (top >> (MinExponent - number.Exponent));
            case FloatKind.Finite:
                return sign | ((ulong)(number.Exponent + bias) << _fractionBits) | (top & _fractionMask);
            default:
                return sign | ((ulong)_maxField << _fractionBits) | (number.IsNan ? top & _fractionMask : 0);
        }
    }
}
