using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Multiplication and division.</summary>
internal static class Multiplication
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Mul, Multiply);
        table.Add(Mnemonic.Imul, static (in Op op) => op.B.Kind == OperandKind.None ? MultiplySigned : MultiplyTruncated);
        table.Add(Mnemonic.Div, Divide);
        table.Add(Mnemonic.Idiv, DivideSigned);
        table.Add(Mnemonic.Mulx, MultiplyWithoutFlags);
    }

    private static void Multiply(Cpu cpu, in Op op)
    {
        var b = cpu.GetA(op);
        var a = Cpu.Truncate(cpu.Regs[Gpr.Rax], op.Size);
        var high = op.Size == 8 ? Math.BigMul(a, b, out var low) : Split(a * b, op.Size, out low);
        SetProduct(cpu, op, high, low);
        cpu.SetResult(low, op.Shift, high != 0, high != 0);
    }

    private static void MultiplySigned(Cpu cpu, in Op op)
    {
        var b = (long)Cpu.SignExtend(cpu.GetA(op), op.Size);
        var a = (long)Cpu.SignExtend(cpu.Regs[Gpr.Rax], op.Size);
        ulong high, low;
        bool isTruncated;
        if (op.Size == 8)
        {
            high = (ulong)Math.BigMul(a, b, out var product);
            low = (ulong)product;
            isTruncated = (long)high != product >> 63;
        }
        else
        {
            high = Split((ulong)(a * b), op.Size, out low);
            isTruncated = (long)Cpu.SignExtend(low, op.Size) != a * b;
        }

        SetProduct(cpu, op, high, low);
        cpu.SetResult(low, op.Shift, isTruncated, isTruncated);
    }

    private static ulong Split(ulong product, int size, out ulong low)
    {
        low = Cpu.Truncate(product, size);
        return Cpu.Truncate(product >> (8 * size), size);
    }

    private static void SetProduct(Cpu cpu, in Op op, ulong high, ulong low)
    {
        if (op.Size == 1)
        {
            cpu.SetRegister(Gpr.Rax, 2, (high << 8) | low);
            return;
        }

        cpu.SetRegister(Gpr.Rax, op.Size, low);
        cpu.SetRegister(Gpr.Rdx, op.Size, high);
    }

    // Two operands, or three of which the last is immediate.
    private static void MultiplyTruncated(Cpu cpu, in Op op)
    {
        var a = (long)Cpu.SignExtend(op.C.Kind == OperandKind.None ? cpu.GetA(op) : op.Immediate, op.Size);
        var b = (long)Cpu.SignExtend(cpu.Get(op, op.B, op.Size), op.Size);
        bool isTruncated;
        long product;
        if (op.Size == 8)
        {
            isTruncated = Math.BigMul(a, b, out product) != product >> 63;
        }
        else
        {
            product = a * b;
            isTruncated = (long)Cpu.SignExtend((ulong)product, op.Size) != product;
        }

        cpu.SetA(op, (ulong)product);
        cpu.SetResult((ulong)product, op.Shift, isTruncated, isTruncated);
    }

    private static void MultiplyWithoutFlags(Cpu cpu, in Op op)
    {
        var a = Cpu.Truncate(cpu.Regs[Gpr.Rdx], op.Size);
        var b = cpu.Get(op, op.C, op.Size);
        var high = op.Size == 8 ? Math.BigMul(a, b, out var low) : Split(a * b, op.Size, out low);

        // Where both targets are one register, it is the high half's.
        cpu.SetRegister(op.B.Index, op.Size, low);
        cpu.SetRegister(op.A.Index, op.Size, high);
    }

    private static void Divide(Cpu cpu, in Op op)
    {
        var divisor = cpu.GetA(op);
        if (divisor == 0)
        {
            throw cpu.Fault(Vector.DivideError);
        }

        if (op.Size == 8)
        {
            var (high, low) = (cpu.Regs[Gpr.Rdx], cpu.Regs[Gpr.Rax]);
            if (high >= divisor)
            {
                throw cpu.Fault(Vector.DivideError);
            }

            var (quotient, remainder) = high == 0
                ? Math.DivRem(low, divisor)
                : Narrow(UInt128.DivRem(new UInt128(high, low), divisor));
            (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = (quotient, remainder);
            return;
        }

        var dividend = Dividend(cpu, op.Size);
        var result = dividend / divisor;
        if (result != Cpu.Truncate(result, op.Size))
        {
            throw cpu.Fault(Vector.DivideError);
        }

        SetQuotient(cpu, op.Size, result, dividend % divisor);
    }

    private static void DivideSigned(Cpu cpu, in Op op)
    {
        var divisor = (long)Cpu.SignExtend(cpu.GetA(op), op.Size);
        if (divisor == 0)
        {
            throw cpu.Fault(Vector.DivideError);
        }

        if (op.Size == 8)
        {
            var wide = (Int128)new UInt128(cpu.Regs[Gpr.Rdx], cpu.Regs[Gpr.Rax]);

            // Int128 cannot hold this one quotient.
            if (wide == Int128.MinValue && divisor == -1)
            {
                throw cpu.Fault(Vector.DivideError);
            }

            var (quotient, remainder) = Int128.DivRem(wide, divisor);
            if (quotient < long.MinValue || quotient > long.MaxValue)
            {
                throw cpu.Fault(Vector.DivideError);
            }

            (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = ((ulong)(long)quotient, (ulong)(long)remainder);
            return;
        }

        var dividend = (long)Cpu.SignExtend(Dividend(cpu, op.Size), op.Size * 2);
        if (dividend == long.MinValue && divisor == -1)
        {
            throw cpu.Fault(Vector.DivideError);
        }

        var result = dividend / divisor;
        if (result != (long)Cpu.SignExtend((ulong)result, op.Size))
        {
            throw cpu.Fault(Vector.DivideError);
        }

        SetQuotient(cpu, op.Size, (ulong)result, (ulong)(dividend % divisor));
    }

    private static (ulong Quotient, ulong Remainder) Narrow((UInt128 Quotient, UInt128 Remainder) result) =>
        ((ulong)result.Quotient, (ulong)result.Remainder);

    private static ulong Dividend(Cpu cpu, int size) => size == 1
        ? (ushort)cpu.Regs[Gpr.Rax]
        : Cpu.Truncate(cpu.Regs[Gpr.Rax], size) | (Cpu.Truncate(cpu.Regs[Gpr.Rdx], size) << (8 * size));

    private static void SetQuotient(Cpu cpu, int size, ulong quotient, ulong remainder)
    {
        if (size == 1)
        {
            cpu.SetRegister(Gpr.Rax, 2, (byte)quotient | ((ulong)(byte)remainder << 8));
            return;
        }

        cpu.SetRegister(Gpr.Rax, size, quotient);
        cpu.SetRegister(Gpr.Rdx, size, remainder);
    }
}
