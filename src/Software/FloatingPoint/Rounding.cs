namespace KvmActors.Software.FloatingPoint;

/// <summary>Rounds results into a format, and finds overflow, underflow and inexactness (Intel SDM vol. 1, sections 4.8.4 and 4.9.1).</summary>
internal static class Rounding
{
    /// <summary>By how much unmasked overflow and underflow move the exponent of an x87 register (Intel SDM vol. 1, section 8.5.4).</summary>
    private const int ExponentMove = 24576;

    /// <summary>Rounds a number; what is none is returned as it is.</summary>
    public static Number Round(in Number number, FloatFormat format, ref FloatContext context)
    {
        context.RoundedUp = false;
        if (number.Kind != FloatKind.Finite)
        {
            return number;
        }

        var precision = format == FloatFormat.Extended ? context.Precision : format.Precision;
        var (significand, exponent) = (number.Significand, number.Exponent);
        var isInexact = RoundAt(ref significand, ref exponent, precision, number.IsNegative, ref context);
        if (exponent < format.MinExponent)
        {
            return RoundTiny(number, significand, exponent, isInexact, format, precision, ref context);
        }

        if (exponent > format.MaxExponent)
        {
            return Overflow(number.IsNegative, significand, exponent, isInexact, format, precision, ref context);
        }

        context.Raise(isInexact ? FloatFlags.Inexact : 0);
        return new Number(FloatKind.Finite, number.IsNegative, exponent, significand);
    }

    /// <summary>Rounds a significand to so many bits from bit 127 on.</summary>
    /// <returns>Whether something was lost.</returns>
    private static bool RoundAt(ref UInt128 significand, ref int exponent, int precision, bool isNegative, ref FloatContext context)
    {
        var unit = UInt128.One << (128 - precision);
        var rest = significand & (unit - 1);
        context.RoundedUp = false;
        if (rest == 0)
        {
            return false;
        }

        significand -= rest;
        if (IsUp(context.Rounding, isNegative, rest, unit >> 1, (significand & unit) != 0))
        {
            context.RoundedUp = true;
            significand += unit;
            if (significand == 0)
            {
                significand = UInt128.One << 127;
                exponent++;
            }
        }

        return true;
    }

    private static bool IsUp(RoundingMode mode, bool isNegative, UInt128 rest, UInt128 half, bool isOdd) => mode switch
    {
        RoundingMode.Nearest => rest > half || (rest == half && isOdd),
        RoundingMode.Down => isNegative,
        RoundingMode.Up => !isNegative,
        _ => false,
    };

    private static Number Overflow(
        bool isNegative, UInt128 significand, int exponent, bool isInexact, FloatFormat format, int precision, ref FloatContext context)
    {
        context.Raise(FloatFlags.Overflow | (isInexact ? FloatFlags.Inexact : 0));
        if ((context.Masks & FloatFlags.Overflow) == 0 && context.MovesExponents)
        {
            if (exponent - ExponentMove <= format.MaxExponent)
            {
                return new Number(FloatKind.Finite, isNegative, exponent - ExponentMove, significand);
            }

            // Only FSCALE gets that far.
            context.Raise(FloatFlags.Inexact);
            context.RoundedUp = true;
            return Number.Infinity(isNegative);
        }

        context.Raise((context.Masks & FloatFlags.Overflow) != 0 ? FloatFlags.Inexact : 0);
        var isInfinite = context.Rounding switch
        {
            RoundingMode.Nearest => true,
            RoundingMode.Down => isNegative,
            RoundingMode.Up => !isNegative,
            _ => false,
        };
        context.RoundedUp = isInfinite;
        return isInfinite
            ? Number.Infinity(isNegative)
            : new Number(FloatKind.Finite, isNegative, format.MaxExponent, UInt128.MaxValue << (128 - precision));
    }

    // A result that is tiny after rounding with an unbounded exponent.
    private static Number RoundTiny(
        in Number number, UInt128 rounded, int roundedExponent, bool isInexact, FloatFormat format, int precision, ref FloatContext context)
    {
        if ((context.Masks & FloatFlags.Underflow) == 0)
        {
            context.Raise(FloatFlags.Underflow | (isInexact ? FloatFlags.Inexact : 0));
            if (roundedExponent + ExponentMove >= format.MinExponent)
            {
                // SSE and memory get no result, so that it does not matter there.
                return new Number(FloatKind.Finite, number.IsNegative, roundedExponent + ExponentMove, rounded);
            }

            // Only FSCALE gets that far.
            context.Raise(FloatFlags.Inexact);
            context.RoundedUp = false;
            return Number.Zero(number.IsNegative);
        }

        if (context.FlushesToZero)
        {
            context.Raise(FloatFlags.Underflow | FloatFlags.Inexact);
            context.RoundedUp = false;
            return Number.Zero(number.IsNegative);
        }

        var significand = ShiftRight(number.Significand, format.MinExponent - number.Exponent);
        var exponent = format.MinExponent;
        if (RoundAt(ref significand, ref exponent, precision, number.IsNegative, ref context))
        {
            context.Raise(FloatFlags.Inexact | FloatFlags.Underflow);
        }

        return Number.Normalize(number.IsNegative, exponent, significand);
    }

    /// <summary>Shifts right; bit 0 tells whether anything was lost.</summary>
    public static UInt128 ShiftRight(UInt128 value, int count)
    {
        if (count == 0)
        {
            return value;
        }

        if (count >= 128)
        {
            return value == 0 ? UInt128.Zero : UInt128.One;
        }

        var shifted = value >> count;
        return shifted << count == value ? shifted : shifted | 1;
    }

    /// <summary>Rounds to an integral number.</summary>
    public static Number ToIntegral(in Number number, ref FloatContext context)
    {
        context.RoundedUp = false;
        if (number.Kind != FloatKind.Finite || number.Exponent >= 127)
        {
            return number;
        }

        // Bit 1 of the shifted significand is 1; what follows is below it.
        var unit = UInt128.One << Math.Min(127, 127 - number.Exponent);
        if (number.Exponent < 0)
        {
            var isHalfOrMore = number.Exponent == -1;
            var isUp = IsUp(
                context.Rounding, number.IsNegative, isHalfOrMore ? number.Significand : 1, UInt128.One << 127, isOdd: false);
            context.Raise(FloatFlags.Inexact);
            context.RoundedUp = isUp;
            return isUp ? new Number(FloatKind.Finite, number.IsNegative, 0, UInt128.One << 127) : Number.Zero(number.IsNegative);
        }

        var rest = number.Significand & (unit - 1);
        if (rest == 0)
        {
            return number;
        }

        context.Raise(FloatFlags.Inexact);
        var (significand, exponent) = (number.Significand - rest, number.Exponent);

        // At exponent 0 the unit is bit 127 itself, which is set: odd.
        if (IsUp(context.Rounding, number.IsNegative, rest, unit >> 1, (significand & unit) != 0))
        {
            context.RoundedUp = true;
            significand += unit;
            if (significand == 0)
            {
                significand = UInt128.One << 127;
                exponent++;
            }
        }

        return new Number(FloatKind.Finite, number.IsNegative, exponent, significand);
    }

    /// <summary>Rounds to an integer of so many bits.</summary>
    /// <returns>Whether it fits; it does not, and no flag but IE is raised, for what is too great or no number.</returns>
    public static bool TryToInteger(in Number number, int bits, ref FloatContext context, out long value)
    {
        var before = context.Flags;
        var rounded = ToIntegral(number, ref context);
        value = 0;
        if (rounded.Kind == FloatKind.Zero)
        {
            return true;
        }

        var magnitude = rounded is { Kind: FloatKind.Finite, Exponent: < 64 }
            ? (ulong)(rounded.Significand >> 64) >> (63 - rounded.Exponent)
            : ulong.MaxValue;
        var limit = 1UL << (bits - 1);
        if (magnitude > limit || (magnitude == limit && !rounded.IsNegative))
        {
            context.Flags = before | FloatFlags.Invalid;
            context.RoundedUp = false;
            return false;
        }

        value = rounded.IsNegative ? -(long)magnitude : (long)magnitude;
        return true;
    }
}
