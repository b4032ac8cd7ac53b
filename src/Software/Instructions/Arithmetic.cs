using System.Runtime.CompilerServices;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>ADD, ADC, SUB, SBB, CMP, AND, OR, XOR, TEST, INC, DEC, NEG, NOT.</summary>
internal static class Arithmetic
{
    /// <summary>What two operands become; sets the flags.</summary>
    private interface IBinary
    {
        static abstract bool TakesCarry { get; }

        static abstract bool Writes { get; }

        static abstract ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift);
    }

    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Add, Select<Addition>);
        table.Add(Mnemonic.Adc, Select<AdditionWithCarry>);
        table.Add(Mnemonic.Sub, Select<Subtraction>);
        table.Add(Mnemonic.Sbb, Select<SubtractionWithBorrow>);
        table.Add(Mnemonic.Cmp, Select<Comparison>);
        table.Add(Mnemonic.And, Select<Conjunction>);
        table.Add(Mnemonic.Or, Select<Disjunction>);
        table.Add(Mnemonic.Xor, Select<ExclusiveDisjunction>);
        table.Add(Mnemonic.Test, Select<Test>);
        table.Add(Mnemonic.Inc, (in Op op) => op.A.Kind == OperandKind.Register && op.Size >= 4 ? IncrementRegister : Increment);
        table.Add(Mnemonic.Dec, (in Op op) => op.A.Kind == OperandKind.Register && op.Size >= 4 ? DecrementRegister : Decrement);
        table.Add(Mnemonic.Neg, Negate);
        table.Add(Mnemonic.Not, Not);
    }

    private static OpHandler Select<T>(in Op op)
        where T : IBinary
    {
        if (op.A.Kind != OperandKind.Register || op.Size < 4)
        {
            return General<T>;
        }

        return op.B.Kind switch
        {
            OperandKind.Register => RegisterAndRegister<T>,
            OperandKind.Immediate => RegisterAndImmediate<T>,
            OperandKind.Memory => RegisterAndMemory<T>,
            _ => General<T>,
        };
    }

    private static void RegisterAndRegister<T>(Cpu cpu, in Op op)
        where T : IBinary => Apply<T>(cpu, op, Cut(cpu.Regs[op.B.Index & 15], op.Shift));

    private static void RegisterAndImmediate<T>(Cpu cpu, in Op op)
        where T : IBinary => Apply<T>(cpu, op, op.Immediate);

    private static void RegisterAndMemory<T>(Cpu cpu, in Op op)
        where T : IBinary => Apply<T>(cpu, op, op.Size == 8 ? cpu.Load<ulong>(op) : cpu.Load<uint>(op));

    // Bits above the operation's size do no harm in operands: they are shifted out of the flags and of the result.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply<T>(Cpu cpu, in Op op, ulong b)
        where T : IBinary
    {
        ref var target = ref cpu.Regs[op.A.Index & 15];
        var result = T.Apply(cpu, target, b, T.TakesCarry && cpu.Carry, op.Shift);
        if (T.Writes)
        {
            target = Cut(result, op.Shift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Cut(ulong value, int shift) => value << shift >> shift;

    private static void General<T>(Cpu cpu, in Op op)
        where T : IBinary
    {
        var carry = T.TakesCarry && cpu.Carry;
        var b = cpu.Get(op, op.B, op.Size);
        if (!T.Writes)
        {
            T.Apply(cpu, cpu.GetA(op), b, carry, op.Shift);
            return;
        }

        ulong a, result;
        do
        {
            a = cpu.GetToChange(op);
            result = T.Apply(cpu, a, b, carry, op.Shift);
        }
        while (!cpu.TryChange(op, a, result));
    }

    private static void IncrementRegister(Cpu cpu, in Op op)
    {
        ref var target = ref cpu.Regs[op.A.Index & 15];
        var result = target + 1;
        cpu.SetArithmeticKeepingCarry(result, target & ~result, op.Shift);
        target = Cut(result, op.Shift);
    }

    private static void DecrementRegister(Cpu cpu, in Op op)
    {
        ref var target = ref cpu.Regs[op.A.Index & 15];
        var result = target - 1;
        cpu.SetArithmeticKeepingCarry(result, ~target & result, op.Shift);
        target = Cut(result, op.Shift);
    }

    private static void Increment(Cpu cpu, in Op op)
    {
        ulong a, result;
        do
        {
            a = cpu.GetToChange(op);
            result = a + 1;
        }
        while (!cpu.TryChange(op, a, result));
        cpu.SetArithmeticKeepingCarry(result, a & ~result, op.Shift);
    }

    private static void Decrement(Cpu cpu, in Op op)
    {
        ulong a, result;
        do
        {
            a = cpu.GetToChange(op);
            result = a - 1;
        }
        while (!cpu.TryChange(op, a, result));
        cpu.SetArithmeticKeepingCarry(result, ~a & result, op.Shift);
    }

    private static void Negate(Cpu cpu, in Op op)
    {
        ulong a, result;
        do
        {
            a = cpu.GetToChange(op);
            result = 0 - a;
        }
        while (!cpu.TryChange(op, a, result));

        // 0 - a borrows from each bit where a or the result has one.
        cpu.SetArithmetic(result, a | result, op.Shift);
    }

    private static void Not(Cpu cpu, in Op op)
    {
        ulong a;
        do
        {
            a = cpu.GetToChange(op);
        }
        while (!cpu.TryChange(op, a, ~a));
    }

    private readonly struct Addition : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            var result = a + b;
            cpu.SetArithmetic(result, (a & b) | ((a | b) & ~result), shift);
            return result;
        }
    }

    private readonly struct AdditionWithCarry : IBinary
    {
        public static bool TakesCarry => true;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            var result = a + b + (carry ? 1UL : 0);
            cpu.SetArithmetic(result, (a & b) | ((a | b) & ~result), shift);
            return result;
        }
    }

    private readonly struct Subtraction : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            var result = a - b;
            cpu.SetArithmetic(result, (~a & b) | ((~a | b) & result), shift);
            return result;
        }
    }

    private readonly struct SubtractionWithBorrow : IBinary
    {
        public static bool TakesCarry => true;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            var result = a - b - (carry ? 1UL : 0);
            cpu.SetArithmetic(result, (~a & b) | ((~a | b) & result), shift);
            return result;
        }
    }

    private readonly struct Comparison : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            var result = a - b;
            cpu.SetArithmetic(result, (~a & b) | ((~a | b) & result), shift);
            return result;
        }
    }

    private readonly struct Conjunction : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            cpu.SetLogic(a & b, shift);
            return a & b;
        }
    }

    private readonly struct Disjunction : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            cpu.SetLogic(a | b, shift);
            return a | b;
        }
    }

    private readonly struct ExclusiveDisjunction : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            cpu.SetLogic(a ^ b, shift);
            return a ^ b;
        }
    }

    private readonly struct Test : IBinary
    {
        public static bool TakesCarry => false;

        public static bool Writes => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(Cpu cpu, ulong a, ulong b, bool carry, int shift)
        {
            cpu.SetLogic(a & b, shift);
            return a;
        }
    }
}
