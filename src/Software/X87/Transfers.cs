using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>Loads, stores, exchanges and conditional moves (Intel SDM vol. 1, section 8.3.3).</summary>
internal static class Transfers
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Code.Fld_m32fp, LoadFloat);
        table.Add(Code.Fld_m64fp, LoadFloat);
        table.Add(Code.Fld_m80fp, static (Cpu cpu, in Op op) => Push(cpu, op, Operands.LoadExtended));
        table.Add(Code.Fld_sti, LoadRegister);
        table.Add(Mnemonic.Fild, static (Cpu cpu, in Op op) =>
            Push(cpu, op, static (Cpu cpu, in Op op) => Float80.Pack(Operands.Load(cpu, op, isInteger: true))));
        table.Add(Mnemonic.Fbld, static (Cpu cpu, in Op op) => Push(cpu, op, Operands.LoadDecimal));
        table.Add(Mnemonic.Fst, static (Cpu cpu, in Op op) => StoreFloat(cpu, op, pops: false));
        table.Add(Mnemonic.Fstp, static (Cpu cpu, in Op op) => StoreFloat(cpu, op, pops: true));
        table.Add(Mnemonic.Fstpnce, MoveAndPop);
        table.Add(Code.Fstp_m80fp, StoreExtended);
        table.Add(Mnemonic.Fist, static (Cpu cpu, in Op op) => StoreInteger(cpu, op, pops: false, truncates: false));
        table.Add(Mnemonic.Fistp, static (Cpu cpu, in Op op) => StoreInteger(cpu, op, pops: true, truncates: false));
        table.Add(Mnemonic.Fisttp, static (Cpu cpu, in Op op) => StoreInteger(cpu, op, pops: true, truncates: true));
        table.Add(Mnemonic.Fbstp, StoreDecimal);
        table.Add(Mnemonic.Fxch, Exchange);
        table.Add(Mnemonic.Fcmovb, static (Cpu cpu, in Op op) => Move(cpu, op, cpu.Carry));
        table.Add(Mnemonic.Fcmovnb, static (Cpu cpu, in Op op) => Move(cpu, op, !cpu.Carry));
        table.Add(Mnemonic.Fcmove, static (Cpu cpu, in Op op) => Move(cpu, op, cpu.Zero));
        table.Add(Mnemonic.Fcmovne, static (Cpu cpu, in Op op) => Move(cpu, op, !cpu.Zero));
        table.Add(Mnemonic.Fcmovbe, static (Cpu cpu, in Op op) => Move(cpu, op, cpu.Carry || cpu.Zero));
        table.Add(Mnemonic.Fcmovnbe, static (Cpu cpu, in Op op) => Move(cpu, op, !(cpu.Carry || cpu.Zero)));
        table.Add(Mnemonic.Fcmovu, static (Cpu cpu, in Op op) => Move(cpu, op, cpu.Parity));
        table.Add(Mnemonic.Fcmovnu, static (Cpu cpu, in Op op) => Move(cpu, op, !cpu.Parity));
    }

    private delegate Float80 Loader(Cpu cpu, in Op op);

    private static void Push(Cpu cpu, in Op op, Loader load)
    {
        var state = RegisterStack.Begin(cpu);
        var value = load(cpu, op);
        RegisterStack.Note(cpu, op);
        state.Push(value);
    }

    private static void LoadFloat(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        var value = Operands.Load(cpu, op, isInteger: false);
        RegisterStack.Note(cpu, op);
        if (!state.IsEmpty(7))
        {
            state.Push(default);
            return;
        }

        var context = state.Context();
        context.Raise(value.IsDenormal ? FloatFlags.Denormal : 0);
        value = value.IsNan ? Arithmetic.SelectNan(value, value, ref context) : value;

        // A denormal number is pushed though the exception is not masked, as on AMD's processors.
        if (state.Commit(context) || value.IsDenormal)
        {
            state.Push(Float80.Pack(value));
        }
    }

    private static void LoadRegister(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (!state.IsEmpty(op.A.Index))
        {
            state.Push(state.Get(op.A.Index));
        }
        else if (state.Fault(isOverflow: false))
        {
            state.Top = (state.Top - 1) & 7;
            state.Set(0, Float80.Indefinite);
        }
    }

    private static void StoreFloat(Cpu cpu, in Op op, bool pops)
    {
        if (!op.A.IsMemory)
        {
            StoreRegister(cpu, op, pops);
            return;
        }

        var state = RegisterStack.Begin(cpu);
        var linear = Operands.CheckStore(cpu, op, op.Size);
        var format = op.Size == 4 ? FloatFormat.Single : FloatFormat.Double;
        RegisterStack.Note(cpu, op);
        var result = Number.Indefinite;
        if (state.IsEmpty(0))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }
        }
        else
        {
            var context = state.Context();
            context.MovesExponents = false;
            var value = state.Get(0).Unpack();
            result = value.IsSpecial
                ? Arithmetic.SelectNan(value, value, ref context)
                : Rounding.Round(value, format, ref context);

            // Memory gets no result at all where overflow or underflow is not masked, and so nothing is inexact.
            var isLost = (context.Unmasked & (FloatFlags.Overflow | FloatFlags.Underflow)) != 0;
            if (isLost)
            {
                context.Flags &= ~FloatFlags.Inexact;
                context.RoundedUp = false;
            }

            if (!state.Commit(context) || isLost)
            {
                return;
            }
        }

        cpu.Write(linear, op.Segment, op.Size, format.Pack(result));
        if (pops)
        {
            state.Pop();
        }
    }

    private static void StoreRegister(Cpu cpu, in Op op, bool pops)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        var value = state.Get(0);
        if (state.IsEmpty(0))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }

            value = Float80.Indefinite;
        }

        state.Set(op.A.Index, value);
        if (pops)
        {
            state.Pop();
        }
    }

    // FSTPNCE: an empty register is none to complain about, and does not move.
    private static void MoveAndPop(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        if (!state.IsEmpty(0))
        {
            state.Set(op.A.Index, state.Get(0));
        }

        state.Pop();
    }

    private static void StoreExtended(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        var linear = Operands.CheckStore(cpu, op, 10);
        RegisterStack.Note(cpu, op);
        var value = state.Get(0);
        if (state.IsEmpty(0))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }

            value = Float80.Indefinite;
        }

        Operands.StoreExtended(cpu, linear, op.Segment, value);
        state.Pop();
    }

    private static void StoreInteger(Cpu cpu, in Op op, bool pops, bool truncates)
    {
        var state = RegisterStack.Begin(cpu);
        var linear = Operands.CheckStore(cpu, op, op.Size);
        RegisterStack.Note(cpu, op);
        var indefinite = long.MinValue >> (64 - (8 * op.Size));
        var result = indefinite;
        if (state.IsEmpty(0))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }
        }
        else
        {
            var context = state.Context();
            context.Rounding = truncates ? RoundingMode.Zero : context.Rounding;
            if (!Rounding.TryToInteger(state.Get(0).Unpack(), 8 * op.Size, ref context, out result))
            {
                result = indefinite;
            }

            if (!state.Commit(context))
            {
                return;
            }
        }

        cpu.Write(linear, op.Segment, op.Size, (ulong)result);
        if (pops)
        {
            state.Pop();
        }
    }

    private static void StoreDecimal(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        var linear = Operands.CheckStore(cpu, op, 10);
        RegisterStack.Note(cpu, op);
        var result = new Float80(0xC000_0000_0000_0000, 0xFFFF);
        if (state.IsEmpty(0))
        {
            if (!state.Fault(isOverflow: false))
            {
                return;
            }
        }
        else
        {
            var context = state.Context();
            result = Operands.ToDecimal(state.Get(0).Unpack(), ref context);
            if (!state.Commit(context))
            {
                return;
            }
        }

        Operands.StoreExtended(cpu, linear, op.Segment, result);
        state.Pop();
    }

    private static void Exchange(Cpu cpu, in Op op)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        var other = op.B.Index;
        var isEmpty = (state.IsEmpty(0), state.IsEmpty(other));
        if (isEmpty is not (false, false) && !state.Fault(isOverflow: false))
        {
            return;
        }

        var (first, second) = (state.Get(0), state.Get(other));
        state.Set(0, isEmpty.Item2 ? Float80.Indefinite : second);
        state.Set(other, isEmpty.Item1 ? Float80.Indefinite : first);
    }

    private static void Move(Cpu cpu, in Op op, bool moves)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op, keepsC1: true);
        if (state.IsEmpty(0) || state.IsEmpty(op.B.Index))
        {
            if (state.Fault(isOverflow: false))
            {
                state.Set(0, Float80.Indefinite);
            }
        }
        else if (moves)
        {
            state.Set(0, state.Get(op.B.Index));
        }
    }
}
