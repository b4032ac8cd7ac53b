namespace KvmActors.Software.FloatingPoint;

/// <summary>How results are rounded, as RC encodes it in FCW and MXCSR (Intel SDM vol. 1, table 4-8).</summary>
internal enum RoundingMode
{
    /// <summary>To the nearest, the even one of two.</summary>
    Nearest = 0,

    /// <summary>Toward negative infinity.</summary>
    Down = 1,

    /// <summary>Toward positive infinity.</summary>
    Up = 2,

    /// <summary>Toward zero.</summary>
    Zero = 3,
}

/// <summary>The exception flags, at their bits in FSW and MXCSR, which are the bits of the masks in FCW too.</summary>
internal static class FloatFlags
{
    /// <summary>IE, DE, ZE, OE, UE, PE.</summary>
    public const int Invalid = 1, Denormal = 2, DivideByZero = 4, Overflow = 8, Underflow = 16, Inexact = 32;

    /// <summary>Those found before a result is computed: unmasked, they leave everything as it was.</summary>
    public const int BeforeResult = Invalid | Denormal | DivideByZero;

    /// <summary>All six.</summary>
    public const int All = 63;
}

/// <summary>What an operation goes by (rounding, masks), and what it has found (flags).</summary>
internal struct FloatContext
{
    /// <summary>How to round.</summary>
    public RoundingMode Rounding;

    /// <summary>Bits of a significand of 80-bit numbers: 24, 53 or 64. Other formats have their own.</summary>
    public int Precision;

    /// <summary>Which exceptions are masked, by their flags.</summary>
    public int Masks;

    /// <summary>Exceptions found.</summary>
    public int Flags;

    /// <summary>Whether the last rounding made the magnitude greater (C1 of x87).</summary>
    public bool RoundedUp;

    /// <summary>Whether tiny results become 0 where underflow is masked (FTZ).</summary>
    public bool FlushesToZero;

    /// <summary>Whether denormal operands count as 0 (DAZ).</summary>
    public bool DenormalsAreZero;

    /// <summary>Whether unmasked overflow and underflow give a result whose exponent is moved by 24,576: x87 registers.</summary>
    public bool MovesExponents;

    /// <summary>Whether there are two NaNs, which of them counts: x87 takes the greater significand, SSE the first operand.</summary>
    public bool PrefersGreaterNan;

    /// <summary>The exceptions found that are not masked.</summary>
    public readonly int Unmasked => Flags & ~Masks;

    /// <summary>Whether an exception forbids to compute the result.</summary>
    public readonly bool IsRefused => (Unmasked & FloatFlags.BeforeResult) != 0;

    /// <summary>Notes exceptions.</summary>
    public void Raise(int flags) => Flags |= flags;
}
