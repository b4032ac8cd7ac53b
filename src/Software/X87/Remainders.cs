using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>FPREM, FPREM1, FSCALE and FXTRACT (Intel SDM vol. 2A).</summary>
internal static class Remainders
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Fprem, static (Cpu cpu, in Op op) => Remainder(cpu, op, isNearest: false));
        table.Add(Mnemonic.Fprem1, static (Cpu cpu, in Op op) => Remainder(cpu, op, isNearest: true));
        table.Add(Mnemonic.Fscale, Scale);
        table.Add(Mnemonic.Fxtract, Extract);
    }

    private static void Remainder(Cpu cpu, in Op op, bool isNearest)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(0) || state.IsEmpty(1))
        {
            SetInvalid(state, state.Fault(isOverflow: false));
            return;
        }

        var context = state.Context();
        context.Precision = 64;
        var (quotient, isComplete) = (0UL, true);
        var result = Reduce(state.Get(0).Unpack(), state.Get(1).Unpack(), isNearest, ref context, ref quotient, ref isComplete);
        if (!context.IsRefused)
        {
            result = Rounding.Round(result, FloatFormat.Extended, ref context);
        }

        if (!state.Commit(context))
        {
            SetInvalid(state, isMasked: false);
            return;
        }

        if (result.IsSpecial)
        {
            SetInvalid(state, isMasked: true, result);
            return;
        }

        state.Set(0, Float80.Pack(result));

        state.SetConditions(!isComplete ? RegisterStack.C2
            : ((quotient & 4) != 0 ? RegisterStack.C0 : 0) | ((quotient & 2) != 0 ? RegisterStack.C3 : 0));
        state.Status |= isComplete && (quotient & 1) != 0 ? RegisterStack.C1 : (ushort)0;
    }

    // Where there is no remainder, C2 alone is cleared: as AMD's processors do.
    private static void SetInvalid(X87State state, bool isMasked, Number? nan = null)
    {
        state.Status &= unchecked((ushort)~RegisterStack.C2);
        if (isMasked)
        {
            state.Set(0, Float80.Pack(nan ?? Number.Indefinite));
        }
    }

    private static Number Reduce(in Number a, in Number b, bool isNearest, ref FloatContext context, ref ulong quotient, ref bool isComplete)
    {
        if (a.IsSpecial || b.IsSpecial)
        {
            return Arithmetic.SelectNan(a, b, ref context);
        }

        if (a.Kind == FloatKind.Infinity || b.Kind == FloatKind.Zero)
        {
            context.Raise(FloatFlags.Invalid);
            return Number.Indefinite;
        }

        context.Raise(a.IsDenormal || b.IsDenormal ? FloatFlags.Denormal : 0);
        if (a.Kind == FloatKind.Zero || b.Kind == FloatKind.Infinity)
        {
            return a;
        }

        var difference = a.Exponent - b.Exponent;
        if (difference < -1 || (difference < 0 && !isNearest))
        {
            return a;
        }

        // A part of the quotient at a time: where it has too many bits, those that make the exponents' distance less than 64.
        isComplete = difference < 64;
        var steps = isComplete ? difference : (difference & 31) | 32;
        var (divisor, rest) = (b.Significand >> 64, a.Significand >> 64);
        if (steps < 0)
        {
            // |a| < |b|, but it may be more than half of it.
            return (rest > divisor) ? Nearest(a.IsNegative, b.Exponent, rest, divisor, 1, ref quotient) : a;
        }

        quotient = Divide(ref rest, divisor, steps);
        var exponent = isComplete ? b.Exponent : a.Exponent - steps;
        if (isComplete && isNearest)
        {
            var isUp = (rest << 1) > divisor || ((rest << 1) == divisor && (quotient & 1) != 0);
            if (isUp)
            {
                quotient++;
                return Number.Normalize(!a.IsNegative, exponent + 64, divisor - rest);
            }
        }

        return Number.Normalize(a.IsNegative, exponent + 64, rest);
    }

    // a = rest · 2^-1 in units of the divisor: the nearest multiple is the divisor itself.
    private static Number Nearest(bool isNegative, int exponent, UInt128 rest, UInt128 divisor, ulong nearest, ref ulong quotient)
    {
        quotient = nearest;
        return Number.Normalize(!isNegative, exponent + 63, (divisor << 1) - rest);
    }

    private static ulong Divide(ref UInt128 rest, UInt128 divisor, int steps)
    {
        ulong quotient = 0;
        for (var step = 0; ; step++)
        {
            quotient <<= 1;
            if (rest >= divisor)
            {
                rest -= divisor;
                quotient |= 1;
            }

            if (step == steps)
            {
                return quotient;
            }

            rest <<= 1;
        }
    }

    private static void Scale(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(0) || state.IsEmpty(1))
        {
            if (state.Fault(isOverflow: false))
            {
                state.Set(0, Float80.Indefinite);
            }

            return;
        }

        var context = state.Context();
        context.Precision = 64;
        var result = Scale(state.Get(0).Unpack(), state.Get(1).Unpack(), ref context);
        if (!context.IsRefused)
        {
            result = Rounding.Round(result, FloatFormat.Extended, ref context);
        }

        if (state.Commit(context))
        {
            state.Set(0, Float80.Pack(result));
        }
    }

    private static Number Scale(in Number value, in Number scale, ref FloatContext context)
    {
        if (value.IsSpecial || scale.IsSpecial)
        {
            return Arithmetic.SelectNan(value, scale, ref context);
        }

        if (scale.Kind == FloatKind.Infinity)
        {
            if (value.Kind == (scale.IsNegative ? FloatKind.Infinity : FloatKind.Zero))
            {
                context.Raise(FloatFlags.Invalid);
                return Number.Indefinite;
            }

            context.Raise(value.IsDenormal ? FloatFlags.Denormal : 0);
            return scale.IsNegative ? Number.Zero(value.IsNegative) : Number.Infinity(value.IsNegative);
        }

        context.Raise(value.IsDenormal || scale.IsDenormal ? FloatFlags.Denormal : 0);
        if (value.Kind != FloatKind.Finite || scale.Kind == FloatKind.Zero || scale.Exponent < 0)
        {
            return value;
        }

        // Beyond 2^16 the result over- or underflows whatever it was.
        var amount = scale.Exponent > 16 ? 1 << 17 : (int)(scale.Significand >> (127 - scale.Exponent));
        return value with { Exponent = value.Exponent + (scale.IsNegative ? -amount : amount) };
    }

    private static void Extract(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(0) || !state.IsEmpty(7))
        {
            if (state.Fault(isOverflow: !state.IsEmpty(0)))
            {
                state.Set(0, Float80.Indefinite);
                state.Top = (state.Top - 1) & 7;
                state.Set(0, Float80.Indefinite);
            }

            return;
        }

        var context = state.Context();
        var value = state.Get(0).Unpack();
        var (exponent, significand) = Extract(value, ref context);
        if (state.Commit(context))
        {
            state.Set(0, Float80.Pack(exponent));
            state.Push(Float80.Pack(significand));
        }
    }

    private static (Number Exponent, Number Significand) Extract(in Number value, ref FloatContext context)
    {
        switch (value.Kind)
        {
            case FloatKind.Zero:
                context.Raise(FloatFlags.DivideByZero);
                return (Number.Infinity(true), value);
            case FloatKind.Infinity:
                return (Number.Infinity(false), value);
            case FloatKind.Finite:
                context.Raise(value.IsDenormal ? FloatFlags.Denormal : 0);
                return (Number.FromInteger(value.Exponent), value with { Exponent = 0 });
            default:
                var nan = Arithmetic.SelectNan(value, value, ref context);
                return (nan, nan);
        }
    }
}
