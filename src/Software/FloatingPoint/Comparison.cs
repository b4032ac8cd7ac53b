namespace KvmActors.Software.FloatingPoint;

/// <summary>How two numbers stand to each other.</summary>
internal enum Relation
{
    /// <summary>The first is less.</summary>
    Less,

    /// <summary>They are equal; zeros of both signs are.</summary>
    Equal,

    /// <summary>The first is greater.</summary>
    Greater,

    /// <summary>One of them is no number.</summary>
    Unordered,
}

/// <summary>Comparisons (Intel SDM vol. 1, sections 4.8.3.5 and 8.3.6).</summary>
internal static class Comparison
{
    /// <summary>Compares two numbers.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="isQuiet">Whether quiet NaNs are no invalid operands.</param>
    /// <param name="context">Gets IE and DE.</param>
    public static Relation Compare(in Number a, in Number b, bool isQuiet, ref FloatContext context)
    {
        context.RoundedUp = false;
        if (a.IsSpecial || b.IsSpecial)
        {
            var isInvalid = !isQuiet || a.Kind > FloatKind.QuietNan || b.Kind > FloatKind.QuietNan;
            context.Raise(isInvalid ? FloatFlags.Invalid : 0);
            return Relation.Unordered;
        }

        context.Raise(a.IsDenormal || b.IsDenormal ? FloatFlags.Denormal : 0);
        if (a.Kind == FloatKind.Zero && b.Kind == FloatKind.Zero)
        {
            return Relation.Equal;
        }

        var (signA, signB) = (SignOf(a), SignOf(b));
        if (signA != signB)
        {
            return signA < signB ? Relation.Less : Relation.Greater;
        }

        var magnitude = CompareMagnitudes(a, b);
        return magnitude == 0 ? Relation.Equal : (magnitude < 0) == (signA > 0) ? Relation.Less : Relation.Greater;
    }

    /// <summary>Whether the first of two positive finite numbers is less.</summary>
    public static bool IsLess(in Number a, in Number b) => CompareMagnitudes(a, b) < 0;

    private static int SignOf(in Number number) => number.Kind == FloatKind.Zero ? 0 : number.IsNegative ? -1 : 1;

    private static int CompareMagnitudes(in Number a, in Number b)
    {
        if (a.Kind != b.Kind)
        {
            return a.Kind == FloatKind.Infinity ? 1 : -1;
        }

        return a.Exponent != b.Exponent ? a.Exponent.CompareTo(b.Exponent) : a.Significand.CompareTo(b.Significand);
    }
}
