using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>
/// F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS (Intel SDM vol. 1, sections 8.3.7 to 8.3.10). Results are correctly
/// rounded for the arguments that the processors' π of 66 bits leaves; processors promise less than one unit in the last place, so
/// the last bit may differ from theirs.
/// </summary>
internal static class Transcendental
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.F2xm1, static (Cpu cpu, in Op op) => BasicArithmetic.Unary(cpu, op, Exp2M1));
        table.Add(Mnemonic.Fyl2x, static (Cpu cpu, in Op op) => Binary(cpu, op, SpecialFunctions.Log2));
        table.Add(Mnemonic.Fyl2xp1, static (Cpu cpu, in Op op) => Binary(cpu, op, SpecialFunctions.Log2OnePlus));
        table.Add(Mnemonic.Fpatan, static (Cpu cpu, in Op op) => Binary(cpu, op, SpecialFunctions.ArcTangent));
        table.Add(Mnemonic.Fsin, static (Cpu cpu, in Op op) => Angle(cpu, op, static (s, _) => s, null));
        table.Add(Mnemonic.Fcos, static (Cpu cpu, in Op op) => Angle(cpu, op, static (_, c) => c, null));
        table.Add(Mnemonic.Fsincos, static (Cpu cpu, in Op op) => Angle(cpu, op, static (s, _) => s, static (_, c) => c));
        table.Add(Mnemonic.Fptan, static (Cpu cpu, in Op op) =>
            Angle(cpu, op, Tangent, static (_, c) => c.IsSpecial ? c : Number.FromInteger(1)));
    }

    private delegate Number BinaryFunction(in Number x, in Number y, ref FloatContext context);

    private static Number Exp2M1(in Number value, ref FloatContext context)
    {
        context.Precision = 64;
        if (value.IsSpecial)
        {
            return Arithmetic.SelectNan(value, value, ref context);
        }

        if (value.Kind == FloatKind.Infinity)
        {
            return value.IsNegative ? Number.FromInteger(-1) : value;
        }

        context.Raise(value.IsDenormal ? FloatFlags.Denormal : 0);
        var isOutside = value.Exponent > 0 || (value.Exponent == 0 && value.Significand != Wide.One);
        return value.Kind == FloatKind.Zero || isOutside || context.IsRefused
            ? value
            : Rounding.Round(Functions.Exp2M1(value), FloatFormat.Extended, ref context);
    }

    // Functions of ST(0) and ST(1), which replace ST(1) and pop.
    private static void Binary(Cpu cpu, in Op op, BinaryFunction function)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        var result = Number.Indefinite;
        if (state.IsEmpty(0) || state.IsEmpty(1))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }
        }
        else
        {
            var context = state.Context();
            context.Precision = 64;
            var (x, y) = (state.Get(0).Unpack(), state.Get(1).Unpack());
            result = x.IsSpecial || y.IsSpecial ? Arithmetic.SelectNan(x, y, ref context) : function(x, y, ref context);
            if (!context.IsRefused)
            {
                result = Rounding.Round(result, FloatFormat.Extended, ref context);
                RaiseUnderflow(result, ref context);
            }

            if (!state.Commit(context))
            {
                return;
            }
        }

        state.Set(1, Float80.Pack(result));
        state.Pop();
    }

    // What counts as inexact though it is exact underflows, too, where it is denormal.
    private static void RaiseUnderflow(in Number result, ref FloatContext context)
    {
        var isDenormal = result.Kind == FloatKind.Finite && result.Exponent < FloatFormat.Extended.MinExponent;
        context.Raise(isDenormal && (context.Flags & FloatFlags.Inexact) != 0 ? FloatFlags.Underflow : 0);
    }

    private static Number Tangent(Number sine, Number cosine) =>
        sine.IsSpecial || sine.Kind == FloatKind.Zero ? sine : Wide.Divide(sine, cosine);

    // C2 tells whether the angle was out of range, whatever else happens; C0 and C3 stay.
    private static void Angle(Cpu cpu, in Op op, Func<Number, Number, Number> first, Func<Number, Number, Number>? second)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        state.Status &= unchecked((ushort)~RegisterStack.C2);
        var isOverflow = !state.IsEmpty(0) && second is not null && !state.IsEmpty(7);
        if (state.IsEmpty(0) || isOverflow)
        {
            if (state.Fault(isOverflow))
            {
                SetResults(state, Number.Indefinite, second is null ? null : Number.Indefinite);
            }

            return;
        }

        var value = state.Get(0).Unpack();
        if (value is { Kind: FloatKind.Finite, Exponent: >= 63 })
        {
            state.Status |= RegisterStack.C2;
            return;
        }

        var context = state.Context();
        context.Precision = 64;
        var (sine, cosine) = SineAndCosine(value, ref context);
        if (context.IsRefused)
        {
            state.Commit(context);
            return;
        }

        Number? pushed = second is null ? null : Rounded(second(sine, cosine), ref context);
        var result = Rounded(first(sine, cosine), ref context);
        if (state.Commit(context))
        {
            SetResults(state, result, pushed);
        }
    }

    private static Number Rounded(in Number number, ref FloatContext context) =>
        number.IsSpecial ? number : Rounding.Round(number, FloatFormat.Extended, ref context);

    private static void SetResults(X87State state, in Number first, Number? pushed)
    {
        state.Set(0, Float80.Pack(first));
        if (pushed is { } number)
        {
            state.Top = (state.Top - 1) & 7;
            state.Set(0, Float80.Pack(number));
        }
    }

    private static (Number Sine, Number Cosine) SineAndCosine(in Number value, ref FloatContext context)
    {
        if (value.IsSpecial)
        {
            var nan = Arithmetic.SelectNan(value, value, ref context);
            return (nan, nan);
        }

        if (value.Kind == FloatKind.Infinity)
        {
            context.Raise(FloatFlags.Invalid);
            return (Number.Indefinite, Number.Indefinite);
        }

        context.Raise(value.IsDenormal ? FloatFlags.Denormal : 0);
        return value.Kind == FloatKind.Zero ? (value, Number.FromInteger(1))
            : context.IsRefused ? (value, value)
            : Functions.SineAndCosine(value);
    }
}
