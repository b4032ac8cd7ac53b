namespace KvmActors.Software.FloatingPoint;

/// <summary>An operation on one or two numbers.</summary>
internal enum FloatOperation
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a - b.</summary>
    Subtract,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a / b.</summary>
    Divide,

    /// <summary>√b.</summary>
    SquareRoot,
}

/// <summary>The basic operations, rounded once (Intel SDM vol. 1, chapter 4; exceptions by their priorities, section 4.9.2).</summary>
internal static class Arithmetic
{
    /// <summary>Computes an operation into a format.</summary>
    public static Number Compute(FloatOperation operation, in Number a, in Number b, FloatFormat format, ref FloatContext context)
    {
        context.RoundedUp = false;
        if (a.IsSpecial || b.IsSpecial)
        {
            return SelectNan(a, b, ref context);
        }

        var before = context.Flags;
        context.Flags = 0;
        var exact = operation switch
        {
            FloatOperation.Add => Add(a, b, ref context),
            FloatOperation.Subtract => Add(a, b.Negate(), ref context),
            FloatOperation.Multiply => Multiply(a, b, ref context),
            FloatOperation.Divide => Divide(a, b, ref context),
            _ => SquareRoot(b, ref context),
        };
        if ((a.IsDenormal || b.IsDenormal) && context.Flags == 0)
        {
            context.Raise(FloatFlags.Denormal);
        }

        if (!context.IsRefused)
        {
            exact = Rounding.Round(exact, format, ref context);
        }

        context.Flags |= before;
        return exact;
    }

    /// <summary>What an operation on a NaN gives (Intel SDM vol. 1, table 4-7). Unsupported encodings are invalid.</summary>
    public static Number SelectNan(in Number a, in Number b, ref FloatContext context)
    {
        if (a.Kind == FloatKind.Unsupported || b.Kind == FloatKind.Unsupported)
        {
            context.Raise(FloatFlags.Invalid);
            return Number.Indefinite;
        }

        if (a.Kind == FloatKind.SignalingNan || b.Kind == FloatKind.SignalingNan)
        {
            context.Raise(FloatFlags.Invalid);
        }

        if (!(a.IsNan && b.IsNan))
        {
            return a.IsNan ? a.Quiet() : b.Quiet();
        }

        if (!context.PrefersGreaterNan)
        {
            return a.Quiet();
        }

        return a.Kind != b.Kind ? (a.Kind == FloatKind.QuietNan ? a : b)
            : a.Significand != b.Significand ? (a.Significand > b.Significand ? a : b).Quiet()
            : (a.IsNegative ? b : a).Quiet();
    }

    /// <summary>The sum, not rounded.</summary>
    public static Number Add(in Number a, in Number b, ref FloatContext context)
    {
        if (a.Kind == FloatKind.Infinity || b.Kind == FloatKind.Infinity)
        {
            if (a.Kind == b.Kind && a.IsNegative != b.IsNegative)
            {
                context.Raise(FloatFlags.Invalid);
                return Number.Indefinite;
            }

            return a.Kind == FloatKind.Infinity ? a : b;
        }

        if (a.Kind == FloatKind.Zero || b.Kind == FloatKind.Zero)
        {
            return a.Kind != b.Kind ? (a.Kind == FloatKind.Zero ? b : a)
                : Number.Zero(a.IsNegative == b.IsNegative ? a.IsNegative : context.Rounding == RoundingMode.Down);
        }

        var isSwapped = b.Exponent > a.Exponent || (b.Exponent == a.Exponent && b.Significand > a.Significand);
        var (great, small) = isSwapped ? (b, a) : (a, b);

        // One bit is left for the carry. Operands of 64 bits lose nothing by that, and numbers with more only their last bit.
        var x = Rounding.ShiftRight(great.Significand, 1);
        var y = Rounding.ShiftRight(Rounding.ShiftRight(small.Significand, 1), great.Exponent - small.Exponent);
        if (great.IsNegative == small.IsNegative)
        {
            return Number.Normalize(great.IsNegative, great.Exponent + 1, x + y);
        }

        return x == y
            ? Number.Zero(context.Rounding == RoundingMode.Down)
            : Number.Normalize(great.IsNegative, great.Exponent + 1, x - y);
    }

    private static Number Multiply(in Number a, in Number b, ref FloatContext context)
    {
        var isNegative = a.IsNegative != b.IsNegative;
        if (a.Kind == FloatKind.Infinity || b.Kind == FloatKind.Infinity)
        {
            if (a.Kind == FloatKind.Zero || b.Kind == FloatKind.Zero)
            {
                context.Raise(FloatFlags.Invalid);
                return Number.Indefinite;
            }

            return Number.Infinity(isNegative);
        }

        if (a.Kind == FloatKind.Zero || b.Kind == FloatKind.Zero)
        {
            return Number.Zero(isNegative);
        }

        var high = Math.BigMul((ulong)(a.Significand >> 64), (ulong)(b.Significand >> 64), out var low);
        return Number.Normalize(isNegative, a.Exponent + b.Exponent + 1, new UInt128(high, low));
    }

    private static Number Divide(in Number a, in Number b, ref FloatContext context)
    {
        var isNegative = a.IsNegative != b.IsNegative;
        if (a.Kind == b.Kind && a.Kind != FloatKind.Finite)
        {
            context.Raise(FloatFlags.Invalid);
            return Number.Indefinite;
        }

        if (a.Kind == FloatKind.Infinity || b.Kind == FloatKind.Zero)
        {
            context.Raise(a.Kind == FloatKind.Finite ? FloatFlags.DivideByZero : 0);
            return Number.Infinity(isNegative);
        }

        if (a.Kind == FloatKind.Zero || b.Kind == FloatKind.Infinity)
        {
            return Number.Zero(isNegative);
        }

        // 65 bits of the quotient and whether there are more: one beyond what is kept, and bit 0.
        var divisor = b.Significand >> 64;
        var (first, rest) = UInt128.DivRem(a.Significand >> 1, divisor);
        var (second, last) = UInt128.DivRem(rest << 64, divisor);
        return Number.Normalize(isNegative, a.Exponent - b.Exponent, (first << 64) | second | (last != 0 ? 1u : 0u));
    }

    private static Number SquareRoot(in Number b, ref FloatContext context)
    {
        if (b.Kind == FloatKind.Zero)
        {
            return b;
        }

        if (b.IsNegative)
        {
            context.Raise(FloatFlags.Invalid);
            return Number.Indefinite;
        }

        if (b.Kind == FloatKind.Infinity)
        {
            return b;
        }

        var isOdd = (b.Exponent & 1) != 0;
        var (root, rest) = Root(isOdd ? b.Significand : b.Significand >> 1);

        // The next bit is 1 where the rest exceeds the root; a root of 64 bits is never half-way.
        var significand = ((UInt128)root << 64) | (rest > root ? UInt128.One << 63 : 0) | (rest != 0 ? UInt128.One : 0);
        return Number.Normalize(false, b.Exponent >> 1, significand);
    }

    // The integer part of the root of a number of 127 or 128 bits, and what is left.
    private static (ulong Root, UInt128 Remainder) Root(UInt128 value)
    {
        var estimate = Math.Sqrt((double)(ulong)(value >> 64)) * 4294967296.0;
        UInt128 root = estimate >= 18446744073709551615.0 ? ulong.MaxValue : (ulong)estimate;
        for (var step = 0; step < 2; step++)
        {
            root = (root + (value / root)) >> 1;
        }

        root = root > ulong.MaxValue ? ulong.MaxValue : root;
        while (root * root > value)
        {
            root--;
        }

        // (root + 1)^2 <= value, without a number beyond 128 bits.
        while (root < ulong.MaxValue && value - (root * root) > (root << 1))
        {
            root++;
        }

        return ((ulong)root, value - (root * root));
    }
}
