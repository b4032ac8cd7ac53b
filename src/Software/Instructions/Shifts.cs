using System.Numerics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Shifts and rotations.</summary>
internal static class Shifts
{
    private delegate ulong Operation(Cpu cpu, ulong value, int count, int bits);

    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Shl, static (Cpu cpu, in Op op) => Apply(cpu, op, ShiftLeft));
        table.Add(Mnemonic.Sal, static (Cpu cpu, in Op op) => Apply(cpu, op, ShiftLeft));
        table.Add(Mnemonic.Shr, static (Cpu cpu, in Op op) => Apply(cpu, op, ShiftRight));
        table.Add(Mnemonic.Sar, static (Cpu cpu, in Op op) => Apply(cpu, op, ShiftRightSigned));
        table.Add(Mnemonic.Rol, static (Cpu cpu, in Op op) => Apply(cpu, op, RotateLeft));
        table.Add(Mnemonic.Ror, static (Cpu cpu, in Op op) => Apply(cpu, op, RotateRight));
        table.Add(Mnemonic.Rcl, static (Cpu cpu, in Op op) => Apply(cpu, op, RotateLeftThroughCarry));
        table.Add(Mnemonic.Rcr, static (Cpu cpu, in Op op) => Apply(cpu, op, RotateRightThroughCarry));
        table.Add(Mnemonic.Shld, DoubleShiftLeft);
        table.Add(Mnemonic.Shrd, DoubleShiftRight);
        table.Add(Mnemonic.Rorx, static (Cpu cpu, in Op op) =>
        {
            var count = (int)op.Immediate & ((op.Size * 8) - 1);
            var value = cpu.GetB(op);
            cpu.SetA(op, op.Size == 8 ? BitOperations.RotateRight(value, count) : BitOperations.RotateRight((uint)value, count));
        });
        table.Add(Mnemonic.Shlx, static (Cpu cpu, in Op op) => cpu.SetA(op, cpu.GetB(op) << CountOf(cpu, op)));
        table.Add(Mnemonic.Shrx, static (Cpu cpu, in Op op) => cpu.SetA(op, cpu.GetB(op) >> CountOf(cpu, op)));
        table.Add(Mnemonic.Sarx, static (Cpu cpu, in Op op) =>
            cpu.SetA(op, (ulong)((long)Cpu.SignExtend(cpu.GetB(op), op.Size) >> CountOf(cpu, op))));
    }

    private static int CountOf(Cpu cpu, in Op op) => (int)cpu.Regs[op.C.Index & 15] & ((op.Size * 8) - 1);

    private static void Apply(Cpu cpu, in Op op, Operation operation)
    {
        var count = (int)cpu.Get(op, op.B, 1) & (op.Size == 8 ? 63 : 31);
        var value = cpu.GetToChange(op);
        var result = count == 0 ? value : operation(cpu, value, count, op.Size * 8);

        // Written though nothing changes: a 32-bit target's upper half is cleared.
        cpu.SetA(op, result);
    }

    private static ulong ShiftLeft(Cpu cpu, ulong value, int count, int bits)
    {
        // Counts above the size shift everything out, the carry too.
        var carry = count <= bits && ((value >> (bits - count)) & 1) != 0;
        var result = count < 64 ? value << count : 0;
        cpu.SetResult(result, 64 - bits, carry, carry != (((result >> (bits - 1)) & 1) != 0));
        return result;
    }

    private static ulong ShiftRight(Cpu cpu, ulong value, int count, int bits)
    {
        var carry = ((value >> (count - 1)) & 1) != 0;
        var result = value >> count;

        // After a shift by one the old top bit; by more, undefined: processors tell whether the result's top two bits differ.
        var overflow = ((result ^ (result << 1)) >> (bits - 1)) & 1;
        cpu.SetResult(result, 64 - bits, carry, overflow != 0);
        return result;
    }

    private static ulong ShiftRightSigned(Cpu cpu, ulong value, int count, int bits)
    {
        var signed = (long)Cpu.SignExtend(value, bits / 8);
        var carry = ((signed >> (count - 1)) & 1) != 0;
        var result = (ulong)(signed >> count);
        cpu.SetResult(result, 64 - bits, carry, overflow: false);
        return result;
    }

    private static ulong RotateLeft(Cpu cpu, ulong value, int count, int bits)
    {
        count &= bits - 1;
        var result = count == 0 ? value : (value << count) | (value >> (bits - count));
        var carry = (result & 1) != 0;
        cpu.SetCarryAndOverflow(carry, carry != (((result >> (bits - 1)) & 1) != 0));
        return result;
    }

    private static ulong RotateRight(Cpu cpu, ulong value, int count, int bits)
    {
        count &= bits - 1;
        var result = count == 0 ? value : (value >> count) | (value << (bits - count));
        var top = ((result >> (bits - 1)) & 1) != 0;
        cpu.SetCarryAndOverflow(top, top != (((result >> (bits - 2)) & 1) != 0));
        return result;
    }

    private static ulong RotateLeftThroughCarry(Cpu cpu, ulong value, int count, int bits)
    {
        count %= bits + 1;
        var carry = cpu.Carry;
        for (; count > 0; count--)
        {
            var top = ((value >> (bits - 1)) & 1) != 0;
            value = (value << 1) | (carry ? 1UL : 0);
            carry = top;
        }

        cpu.SetCarryAndOverflow(carry, carry != (((value >> (bits - 1)) & 1) != 0));
        return value;
    }

    private static ulong RotateRightThroughCarry(Cpu cpu, ulong value, int count, int bits)
    {
        count %= bits + 1;
        var carry = cpu.Carry;
        for (; count > 0; count--)
        {
            var low = (value & 1) != 0;
            value = (value >> 1) | (carry ? 1UL << (bits - 1) : 0);
            carry = low;
        }

        cpu.SetCarryAndOverflow(carry, (((value ^ (value << 1)) >> (bits - 1)) & 1) != 0);
        return value;
    }

    private static void DoubleShiftLeft(Cpu cpu, in Op op)
    {
        var bits = op.Size * 8;
        var count = (int)cpu.Get(op, op.C, 1) & (op.Size == 8 ? 63 : 31);
        var value = cpu.GetToChange(op);
        var filler = cpu.GetB(op);
        if (count == 0)
        {
            cpu.SetA(op, value);
            return;
        }

        // Of 16 bits by more than 16 it is undefined; AMD's processors shift the three words target, source, source.
        var wide = (value << 32) | (filler << 16) | filler;
        var result = bits == 16 ? wide << count >> 32 : (value << count) | (filler >> (bits - count));
        var carry = bits == 16 ? (wide >> (48 - count)) & 1 : (value >> (bits - count)) & 1;
        cpu.SetA(op, result);
        cpu.SetResult(result, op.Shift, carry != 0, (((result ^ value) >> (bits - 1)) & 1) != 0);
    }

    private static void DoubleShiftRight(Cpu cpu, in Op op)
    {
        var bits = op.Size * 8;
        var count = (int)cpu.Get(op, op.C, 1) & (op.Size == 8 ? 63 : 31);
        var value = cpu.GetToChange(op);
        var filler = cpu.GetB(op);
        if (count == 0)
        {
            cpu.SetA(op, value);
            return;
        }

        var wide = (filler << 32) | (filler << 16) | value;
        var result = bits == 16 ? wide >> count : (value >> count) | (filler << (bits - count));
        var carry = ((bits == 16 ? wide : value) >> (count - 1)) & 1;
        cpu.SetA(op, result);
        cpu.SetResult(result, op.Shift, carry != 0, (((result ^ value) >> (bits - 1)) & 1) != 0);
    }
}
