using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>FADD, FSUB, FMUL, FDIV and their forms, FSQRT, FRNDINT, FABS, FCHS (Intel SDM vol. 1, section 8.3.5).</summary>
internal static class BasicArithmetic
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        Add(table, FloatOperation.Add, false, Mnemonic.Fadd, Mnemonic.Faddp, Mnemonic.Fiadd);
        Add(table, FloatOperation.Subtract, false, Mnemonic.Fsub, Mnemonic.Fsubp, Mnemonic.Fisub);
        Add(table, FloatOperation.Subtract, true, Mnemonic.Fsubr, Mnemonic.Fsubrp, Mnemonic.Fisubr);
        Add(table, FloatOperation.Multiply, false, Mnemonic.Fmul, Mnemonic.Fmulp, Mnemonic.Fimul);
        Add(table, FloatOperation.Divide, false, Mnemonic.Fdiv, Mnemonic.Fdivp, Mnemonic.Fidiv);
        Add(table, FloatOperation.Divide, true, Mnemonic.Fdivr, Mnemonic.Fdivrp, Mnemonic.Fidivr);
        table.Add(Mnemonic.Fsqrt, static (Cpu cpu, in Op op) => Unary(cpu, op, SquareRoot));
        table.Add(Mnemonic.Frndint, static (Cpu cpu, in Op op) => Unary(cpu, op, RoundToInteger));
        table.Add(Mnemonic.Fabs, static (Cpu cpu, in Op op) => ChangeSign(cpu, op, static _ => false));
        table.Add(Mnemonic.Fchs, static (Cpu cpu, in Op op) => ChangeSign(cpu, op, static value => !value.IsNegative));
    }

    /// <summary>A function of one number; its result is rounded.</summary>
    internal delegate Number UnaryFunction(in Number value, ref FloatContext context);

    /// <summary>Replaces ST(0) by a function of it.</summary>
    internal static void Unary(Cpu cpu, in Op op, UnaryFunction function)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(0))
        {
            if (state.Fault(isOverflow: false))
            {
                state.Set(0, Float80.Indefinite);
            }

            return;
        }

        var context = state.Context();
        var result = function(state.Get(0).Unpack(), ref context);
        if (state.Commit(context))
        {
            state.Set(0, Float80.Pack(result));
        }
    }

    private static void Add(HandlerTable table, FloatOperation operation, bool isReversed, Mnemonic plain, Mnemonic pops, Mnemonic integer)
    {
        table.Add(plain, (Cpu cpu, in Op op) => Execute(cpu, op, new Form(operation, isReversed, false, false)));
        table.Add(pops, (Cpu cpu, in Op op) => Execute(cpu, op, new Form(operation, isReversed, true, false)));
        table.Add(integer, (Cpu cpu, in Op op) => Execute(cpu, op, new Form(operation, isReversed, false, true)));
    }

    private static void Execute(Cpu cpu, in Op op, Form form)
    {
        var state = RegisterStack.Begin(cpu);
        var target = op.A.IsMemory ? 0 : op.A.Index;
        var source = op.A.IsMemory ? Operands.Load(cpu, op, form.IsInteger) : state.Get(op.B.Index).Unpack();
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(target) || (!op.A.IsMemory && state.IsEmpty(op.B.Index)))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }

            state.Set(target, Float80.Indefinite);
        }
        else
        {
            var old = state.Get(target).Unpack();
            var context = state.Context();
            var result = form.IsReversed
                ? Arithmetic.Compute(form.Operation, source, old, FloatFormat.Extended, ref context)
                : Arithmetic.Compute(form.Operation, old, source, FloatFormat.Extended, ref context);
            if (!state.Commit(context))
            {
                return;
            }

            state.Set(target, Float80.Pack(result));
        }

        if (form.Pops)
        {
            state.Pop();
        }
    }

    private static Number SquareRoot(in Number value, ref FloatContext context) =>
        Arithmetic.Compute(FloatOperation.SquareRoot, value, value, FloatFormat.Extended, ref context);

    private static Number RoundToInteger(in Number value, ref FloatContext context)
    {
        if (value.IsSpecial)
        {
            return Arithmetic.SelectNan(value, value, ref context);
        }

        context.Raise(value.IsDenormal ? FloatFlags.Denormal : 0);
        return context.IsRefused ? value : Rounding.ToIntegral(value, ref context);
    }

    private static void ChangeSign(Cpu cpu, in Op op, Func<Float80, bool> isNegative)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (!state.IsEmpty(0))
        {
            var value = state.Get(0);
            state.Set(0, value.WithSign(isNegative(value)));
        }
        else if (state.Fault(isOverflow: false))
        {
            state.Set(0, Float80.Indefinite);
        }
    }

    private readonly record struct Form(FloatOperation Operation, bool IsReversed, bool Pops, bool IsInteger);
}
