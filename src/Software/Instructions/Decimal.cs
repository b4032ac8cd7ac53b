using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Adjustments of decimal numbers; there are none in 64-bit mode.</summary>
internal static class Decimal
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Aaa, static (Cpu cpu, in Op _) => AdjustAscii(cpu, 1));
        table.Add(Mnemonic.Aas, static (Cpu cpu, in Op _) => AdjustAscii(cpu, -1));
        table.Add(Mnemonic.Daa, static (Cpu cpu, in Op _) => AdjustDecimal(cpu, 1));
        table.Add(Mnemonic.Das, static (Cpu cpu, in Op _) => AdjustDecimal(cpu, -1));
        table.Add(Mnemonic.Aam, AfterMultiplication);
        table.Add(Mnemonic.Aad, BeforeDivision);
    }

    private static void AdjustAscii(Cpu cpu, int sign)
    {
        var adjusts = (cpu.Regs[Gpr.Rax] & 0xF) > 9 || cpu.Adjust;
        var value = (ushort)cpu.Regs[Gpr.Rax];
        if (adjusts)
        {
            value = (ushort)(value + (sign * 0x106));
        }

        cpu.SetRegister(Gpr.Rax, 2, value & 0xFF0FUL);
        const ulong changed = Rflags.Adjust | Rflags.Carry;
        cpu.SetStatus(changed, adjusts ? changed : 0);
    }

    private static void AdjustDecimal(Cpu cpu, int sign)
    {
        var old = (byte)cpu.Regs[Gpr.Rax];
        int value = old;
        var (carry, adjust) = (cpu.Carry, cpu.Adjust);
        var newCarry = false;
        var newAdjust = (old & 0xF) > 9 || adjust;
        if (newAdjust)
        {
            value += sign * 6;
            newCarry = carry || value is < 0 or > 0xFF;
        }

        if (old > 0x99 || carry)
        {
            value += sign * 0x60;
            newCarry = true;
        }

        cpu.SetRegister(Gpr.Rax, 1, (byte)value);
        cpu.SetResult((byte)value, 56, newCarry, overflow: false);
        cpu.SetStatus(Rflags.Adjust, newAdjust ? Rflags.Adjust : 0);
    }

    private static void AfterMultiplication(Cpu cpu, in Op op)
    {
        var divisor = (byte)op.Immediate;
        if (divisor == 0)
        {
            throw cpu.Fault(Vector.DivideError);
        }

        var value = (byte)cpu.Regs[Gpr.Rax];
        cpu.SetRegister(Gpr.Rax, 2, (ulong)(((value / divisor) << 8) | (value % divisor)));
        cpu.SetLogic((ulong)(value % divisor), 56);
    }

    private static void BeforeDivision(Cpu cpu, in Op op)
    {
        var value = (byte)((byte)cpu.Regs[Gpr.Rax] + ((byte)(cpu.Regs[Gpr.Rax] >> 8) * (byte)op.Immediate));
        cpu.SetRegister(Gpr.Rax, 2, value);
        cpu.SetLogic(value, 56);
    }
}
