using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B.</summary>
internal static class Exchanges
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Xadd, ExchangeAndAdd);
        table.Add(Mnemonic.Cmpxchg, CompareAndExchange);
        table.Add(Mnemonic.Cmpxchg8b, CompareAndExchange8);
        table.Add(Mnemonic.Cmpxchg16b, CompareAndExchange16);
    }

    private static void ExchangeAndAdd(Cpu cpu, in Op op)
    {
        ulong a, b, result;
        do
        {
            a = cpu.GetToChange(op);
            b = cpu.GetB(op);
            result = a + b;
        }
        while (!cpu.TryChange(op, a, result));

        // The sum wins where both are one register.
        if (op.A.IsMemory || op.A != op.B)
        {
            cpu.Set(op, op.B, op.Size, a);
        }

        cpu.SetArithmetic(result, (a & b) | ((a | b) & ~result), op.Shift);
    }

    private static void CompareAndExchange(Cpu cpu, in Op op)
    {
        var expected = Cpu.Truncate(cpu.Regs[Gpr.Rax], op.Size);
        var source = cpu.GetB(op);
        ulong found;
        do
        {
            found = cpu.GetToChange(op);
        }
        while ((op.A.IsMemory || found == expected) && !cpu.TryChange(op, found, found == expected ? source : found));

        // Memory is written in either case, a register is not.
        if (found != expected)
        {
            cpu.SetRegister(Gpr.Rax, op.Size, found);
        }

        var difference = expected - found;
        cpu.SetArithmetic(difference, (~expected & found) | ((~expected | found) & difference), op.Shift);
    }

    private static void CompareAndExchange8(Cpu cpu, in Op op)
    {
        var linear = cpu.LinearOf(op, 8, forWrite: true);
        var expected = (uint)cpu.Regs[Gpr.Rax] | (cpu.Regs[Gpr.Rdx] << 32);
        var source = (uint)cpu.Regs[Gpr.Rbx] | (cpu.Regs[Gpr.Rcx] << 32);
        ulong found;
        do
        {
            found = cpu.ReadToChange(linear, op.Segment, 8);
        }
        while (!cpu.TryExchange(linear, op.Segment, 8, found, found == expected ? source : found));

        if (found != expected)
        {
            (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = ((uint)found, found >> 32);
        }

        cpu.SetStatus(Rflags.Zero, found == expected ? Rflags.Zero : 0);
    }

    private static void CompareAndExchange16(Cpu cpu, in Op op)
    {
        var linear = cpu.LinearOf(op, 16, forWrite: true);
        if ((linear & 15) != 0)
        {
            throw cpu.GeneralProtection();
        }

        cpu.CheckWrite(linear, op.Segment, 16);
        var expected = new UInt128(cpu.Regs[Gpr.Rdx], cpu.Regs[Gpr.Rax]);
        UInt128 found;

        // The host has no such operation for safe code: those of one machine at least exclude each other.
        lock (cpu.Memory.WideExchange)
        {
            found = cpu.Read<UInt128>(linear, op.Segment);
            cpu.Write(linear, op.Segment, found == expected ? new UInt128(cpu.Regs[Gpr.Rcx], cpu.Regs[Gpr.Rbx]) : found);
        }

        if (found != expected)
        {
            (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = ((ulong)found, (ulong)(found >> 64));
        }

        cpu.SetStatus(Rflags.Zero, found == expected ? Rflags.Zero : 0);
    }
}
