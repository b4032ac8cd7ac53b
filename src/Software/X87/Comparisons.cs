using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>
/// FCOM, FUCOM, FICOM, FCOMI, FTST and FXAM (Intel SDM vol. 1, section 8.3.6). Unmasked exceptions keep operands from being popped; as on
/// AMD's processors, the conditions are set all the same.
/// </summary>
internal static class Comparisons
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Fcom, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 0));
        table.Add(Mnemonic.Fcomp, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 1));
        table.Add(Mnemonic.Fcompp, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 2));
        table.Add(Mnemonic.Ficom, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 0, isInteger: true));
        table.Add(Mnemonic.Ficomp, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 1, isInteger: true));
        table.Add(Mnemonic.Fucom, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 0, isQuiet: true));
        table.Add(Mnemonic.Fucomp, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 1, isQuiet: true));
        table.Add(Mnemonic.Fucompp, static (Cpu cpu, in Op op) => Compare(cpu, op, pops: 2, isQuiet: true));
        table.Add(Mnemonic.Fcomi, static (Cpu cpu, in Op op) => CompareToFlags(cpu, op, pops: false, isQuiet: false));
        table.Add(Mnemonic.Fcomip, static (Cpu cpu, in Op op) => CompareToFlags(cpu, op, pops: true, isQuiet: false));
        table.Add(Mnemonic.Fucomi, static (Cpu cpu, in Op op) => CompareToFlags(cpu, op, pops: false, isQuiet: true));
        table.Add(Mnemonic.Fucomip, static (Cpu cpu, in Op op) => CompareToFlags(cpu, op, pops: true, isQuiet: true));
        table.Add(Mnemonic.Ftst, Test);
        table.Add(Mnemonic.Fxam, Examine);
    }

    private static int ConditionsOf(Relation relation) => relation switch
    {
        Relation.Greater => 0,
        Relation.Less => RegisterStack.C0,
        Relation.Equal => RegisterStack.C3,
        _ => RegisterStack.C0 | RegisterStack.C2 | RegisterStack.C3,
    };

    private static void Compare(Cpu cpu, in Op op, int pops, bool isInteger = false, bool isQuiet = false)
    {
        var state = RegisterStack.Begin(cpu);
        var source = op.A.Kind switch
        {
            OperandKind.Memory => -1,
            OperandKind.Stack when op.B.Kind == OperandKind.Stack => op.B.Index,
            _ => 1,
        };
        var other = source < 0 ? Operands.Load(cpu, op, isInteger) : state.Get(source).Unpack();
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(0) || (source >= 0 && state.IsEmpty(source)))
        {
            Unordered(state, pops);
            return;
        }

        Finish(state, other, pops, isQuiet);
    }

    private static void Test(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (state.IsEmpty(0))
        {
            Unordered(state, pops: 0);
            return;
        }

        Finish(state, Number.Zero(false), pops: 0, isQuiet: false);
    }

    private static void Unordered(X87State state, int pops)
    {
        state.SetConditions(ConditionsOf(Relation.Unordered));
        if (state.Fault(isOverflow: false))
        {
            Pop(state, pops);
        }
    }

    private static void Finish(X87State state, in Number other, int pops, bool isQuiet)
    {
        var context = state.Context();
        var relation = Comparison.Compare(state.Get(0).Unpack(), other, isQuiet, ref context);
        state.SetConditions(ConditionsOf(relation));
        if (state.Commit(context))
        {
            Pop(state, pops);
        }
    }

    private static void Pop(X87State state, int count)
    {
        for (; count > 0; count--)
        {
            state.Pop();
        }
    }

    private static void CompareToFlags(Cpu cpu, in Op op, bool pops, bool isQuiet)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op, keepsC1: true);
        var relation = Relation.Unordered;
        bool isMasked;
        if (state.IsEmpty(0) || state.IsEmpty(op.B.Index))
        {
            isMasked = state.Fault(isOverflow: false);
        }
        else
        {
            var context = state.Context();
            relation = Comparison.Compare(state.Get(0).Unpack(), state.Get(op.B.Index).Unpack(), isQuiet, ref context);
            isMasked = state.Commit(context);
        }

        cpu.SetComparison(
            relation is Relation.Equal or Relation.Unordered,
            relation == Relation.Unordered,
            relation is Relation.Less or Relation.Unordered);
        if (pops && isMasked)
        {
            state.Pop();
        }
    }

    private static void Examine(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        var value = state.Get(0);
        var number = value.Unpack();
        var kind = number.Kind switch
        {
            _ when state.IsEmpty(0) => RegisterStack.C3 | RegisterStack.C0,
            FloatKind.Unsupported => 0,
            FloatKind.QuietNan or FloatKind.SignalingNan => RegisterStack.C0,
            FloatKind.Infinity => RegisterStack.C2 | RegisterStack.C0,
            FloatKind.Zero => RegisterStack.C3,
            _ => number.IsDenormal ? RegisterStack.C3 | RegisterStack.C2 : RegisterStack.C2,
        };
        state.SetConditions(kind);
        state.Status |= value.IsNegative ? RegisterStack.C1 : (ushort)0;
    }
}
