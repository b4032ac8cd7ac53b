namespace KvmActors.Software.FloatingPoint;

/// <summary>What kind of number a floating-point datum is.</summary>
internal enum FloatKind : byte
{
    /// <summary>Positive or negative zero.</summary>
    Zero,

    /// <summary>A number but zero, denormal ones included.</summary>
    Finite,

    /// <summary>Infinity.</summary>
    Infinity,

    /// <summary>A quiet NaN.</summary>
    QuietNan,

    /// <summary>A signaling NaN.</summary>
    SignalingNan,

    /// <summary>An encoding of 80 bits that the processor refuses: unnormal, pseudo-infinity, pseudo-NaN (Intel SDM vol. 1, table 8-3).</summary>
    Unsupported,
}

/// <summary>
/// A floating-point number of any format, taken apart; or a result that is not rounded yet. Its value is
/// Significand · 2^(Exponent - 127), bit 127 of the significand being 1; bit 0 stands for all bits below it that were lost.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="IsNegative">Its sign.</param>
/// <param name="Exponent">Its exponent, without bias.</param>
/// <param name="Significand">Its significand; of a NaN, the payload below the integer bit.</param>
/// <param name="IsDenormal">Whether it came from a denormal encoding.</param>
internal readonly record struct Number(FloatKind Kind, bool IsNegative, int Exponent, UInt128 Significand, bool IsDenormal = false)
{
    private static readonly UInt128 IntegerBit = UInt128.One << 127;
    private static readonly UInt128 QuietBit = UInt128.One << 126;

    /// <summary>The NaN that invalid operations give: QNaN floating-point indefinite.</summary>
    public static readonly Number Indefinite = new(FloatKind.QuietNan, true, 0, IntegerBit | QuietBit);

    /// <summary>Whether it is a NaN.</summary>
    public bool IsNan => Kind is FloatKind.QuietNan or FloatKind.SignalingNan;

    /// <summary>Whether it is no number to compute with: a NaN, or nothing at all.</summary>
    public bool IsSpecial => Kind >= FloatKind.QuietNan;

    /// <summary>Zero.</summary>
    public static Number Zero(bool isNegative) => new(FloatKind.Zero, isNegative, 0, 0);

    /// <summary>Infinity.</summary>
    public static Number Infinity(bool isNegative) => new(FloatKind.Infinity, isNegative, 0, IntegerBit);

    /// <summary>Makes a number of significand · 2^(exponent - 127), where bit 127 need not be set.</summary>
    public static Number Normalize(bool isNegative, int exponent, UInt128 significand)
    {
        if (significand == 0)
        {
            return Zero(isNegative);
        }

        var shift = (int)UInt128.LeadingZeroCount(significand);
        return new Number(FloatKind.Finite, isNegative, exponent - shift, significand << shift);
    }

    /// <summary>Makes the number that an integer is.</summary>
    public static Number FromInteger(long value) =>
        Normalize(value < 0, 63, (UInt128)(value < 0 ? (ulong)-value : (ulong)value) << 64);

    /// <summary>The same with the other sign.</summary>
    public Number Negate() => this with { IsNegative = !IsNegative };

    /// <summary>A NaN made quiet.</summary>
    public Number Quiet() => this with { Kind = FloatKind.QuietNan, Significand = Significand | QuietBit };
}
