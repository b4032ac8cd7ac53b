using System.Numerics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Testing, counting and picking bits: BT and its kin, scans, BMI1 and BMI2, CRC32.</summary>
internal static class BitTests
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Bt, static (Cpu cpu, in Op op) => TestBit(cpu, op, static (value, _) => value, writes: false));
        table.Add(Mnemonic.Bts, static (Cpu cpu, in Op op) => TestBit(cpu, op, static (value, bit) => value | bit, writes: true));
        table.Add(Mnemonic.Btr, static (Cpu cpu, in Op op) => TestBit(cpu, op, static (value, bit) => value & ~bit, writes: true));
        table.Add(Mnemonic.Btc, static (Cpu cpu, in Op op) => TestBit(cpu, op, static (value, bit) => value ^ bit, writes: true));
        table.Add(Mnemonic.Bsf, static (Cpu cpu, in Op op) => Scan(cpu, op, static (value, _) => BitOperations.TrailingZeroCount(value)));
        table.Add(Mnemonic.Bsr, static (Cpu cpu, in Op op) => Scan(cpu, op, static (value, _) => BitOperations.Log2(value)));
        table.Add(Mnemonic.Popcnt, CountBits);
        table.Add(Mnemonic.Tzcnt, static (Cpu cpu, in Op op) =>
            Count(cpu, op, static (value, bits) => value == 0 ? bits : BitOperations.TrailingZeroCount(value)));
        table.Add(Mnemonic.Lzcnt, static (Cpu cpu, in Op op) =>
            Count(cpu, op, static (value, bits) => value == 0 ? bits : bits - 1 - BitOperations.Log2(value)));
        table.Add(Mnemonic.Andn, AndNot);
        table.Add(Code.VEX_Bextr_r32_rm32_r32, Extract);
        table.Add(Code.VEX_Bextr_r64_rm64_r64, Extract);
        table.Add(Mnemonic.Bzhi, ClearHigh);
        table.Add(Mnemonic.Blsi, static (Cpu cpu, in Op op) =>
        {
            var source = cpu.GetB(op);
            SetLowest(cpu, op, source & (0 - source), source != 0);
        });
        table.Add(Mnemonic.Blsr, static (Cpu cpu, in Op op) =>
        {
            var source = cpu.GetB(op);
            SetLowest(cpu, op, source & (source - 1), source == 0);
        });
        table.Add(Mnemonic.Blsmsk, static (Cpu cpu, in Op op) =>
        {
            var source = cpu.GetB(op);
            SetLowest(cpu, op, source ^ (source - 1), source == 0);
        });
        table.Add(Mnemonic.Pdep, Deposit);
        table.Add(Mnemonic.Pext, Gather);
        table.Add(Mnemonic.Crc32, Crc32);
        table.Add(Mnemonic.Adcx, static (Cpu cpu, in Op op) => AddOneFlag(cpu, op, Rflags.Carry));
        table.Add(Mnemonic.Adox, static (Cpu cpu, in Op op) => AddOneFlag(cpu, op, Rflags.Overflow));
    }

    private static void TestBit(Cpu cpu, in Op op, Func<ulong, ulong, ulong> change, bool writes)
    {
        var bits = op.Size * 8;
        var index = cpu.Get(op, op.B, op.Size);
        var bit = 1UL << (int)(index & (ulong)(bits - 1));
        if (!op.A.IsMemory || op.B.Kind == OperandKind.Immediate)
        {
            ulong value;
            do
            {
                value = writes ? cpu.GetToChange(op) : cpu.GetA(op);
            }
            while (writes && !cpu.TryChange(op, value, change(value, bit)));
            cpu.SetCarry((value & bit) != 0);
            return;
        }

        // The register may tell a bit far outside of the operand.
        var words = (ulong)((long)Cpu.SignExtend(index, op.Size) >> BitOperations.Log2((uint)bits)) * op.Size;
        var offset = (cpu.OffsetOf(op) + words) << op.AddressShift >> op.AddressShift;
        var linear = cpu.Linear(op.Segment, offset, op.Size, writes);
        ulong old;
        do
        {
            old = writes ? cpu.ReadToChange(linear, op.Segment, op.Size) : cpu.Read(linear, op.Segment, op.Size);
        }
        while (writes && !TryWrite(cpu, op, linear, old, change(old, bit)));
        cpu.SetCarry((old & bit) != 0);
    }

    private static bool TryWrite(Cpu cpu, in Op op, ulong linear, ulong old, ulong value)
    {
        if (op.Has(OpFlags.Lock))
        {
            return cpu.TryExchange(linear, op.Segment, op.Size, old, value);
        }

        cpu.Write(linear, op.Segment, op.Size, value);
        return true;
    }

    private static void Scan(Cpu cpu, in Op op, Func<ulong, int, int> find)
    {
        var source = cpu.GetB(op);

        // Of 0 the target is undefined: processors leave it, a 32-bit one's upper half too on some; left alone here.
        if (source != 0)
        {
            cpu.SetA(op, (ulong)find(source, op.Size * 8));
        }

        cpu.SetStatus(Rflags.Zero, source == 0 ? Rflags.Zero : 0);
    }

    private static void CountBits(Cpu cpu, in Op op)
    {
        var source = cpu.GetB(op);
        cpu.SetA(op, (ulong)BitOperations.PopCount(source));
        cpu.SetStatus(Rflags.Status, source == 0 ? Rflags.Zero : 0);
    }

    private static void Count(Cpu cpu, in Op op, Func<ulong, int, int> count)
    {
        var source = cpu.GetB(op);
        var result = count(source, op.Size * 8);
        cpu.SetA(op, (ulong)result);
        cpu.SetStatus(Rflags.Zero | Rflags.Carry, (result == 0 ? Rflags.Zero : 0) | (source == 0 ? Rflags.Carry : 0));
    }

    private static void AndNot(Cpu cpu, in Op op)
    {
        var result = ~cpu.GetB(op) & cpu.Get(op, op.C, op.Size);
        cpu.SetA(op, result);
        cpu.SetLogic(result, op.Shift);
    }

    private static void Extract(Cpu cpu, in Op op)
    {
        var control = cpu.Regs[op.C.Index & 15];
        var (start, length) = ((int)(byte)control, (int)(byte)(control >> 8));
        var source = cpu.GetB(op);
        var result = start >= 64 ? 0 : source >> start;
        result = length >= 64 ? result : result & ((1UL << length) - 1);
        cpu.SetA(op, result);
        cpu.SetStatus(Rflags.Status, result == 0 ? Rflags.Zero : 0);
    }

    private static void ClearHigh(Cpu cpu, in Op op)
    {
        var bits = op.Size * 8;
        var index = (int)(byte)cpu.Regs[op.C.Index & 15];
        var source = cpu.GetB(op);
        var result = index >= bits ? source : source & ((1UL << index) - 1);
        cpu.SetA(op, result);
        cpu.SetResult(result, op.Shift, index >= bits, overflow: false);
    }

    private static void SetLowest(Cpu cpu, in Op op, ulong result, bool carry)
    {
        cpu.SetA(op, result);
        cpu.SetResult(result, op.Shift, carry, overflow: false);
    }

    private static void Deposit(Cpu cpu, in Op op)
    {
        var source = cpu.GetB(op);
        var result = 0UL;
        for (var mask = cpu.Get(op, op.C, op.Size); mask != 0; mask &= mask - 1, source >>= 1)
        {
            result |= (source & 1) != 0 ? mask & (0 - mask) : 0;
        }

        cpu.SetA(op, result);
    }

    private static void Gather(Cpu cpu, in Op op)
    {
        var source = cpu.GetB(op);
        var result = 0UL;
        var bit = 1UL;
        for (var mask = cpu.Get(op, op.C, op.Size); mask != 0; mask &= mask - 1, bit <<= 1)
        {
            result |= (source & mask & (0 - mask)) != 0 ? bit : 0;
        }

        cpu.SetA(op, result);
    }

    private static void Crc32(Cpu cpu, in Op op)
    {
        var source = cpu.GetB(op);
        var crc = (uint)cpu.Regs[op.A.Index & 15];
        crc = op.SizeB switch
        {
            8 => BitOperations.Crc32C(crc, source),
            4 => BitOperations.Crc32C(crc, (uint)source),
            2 => BitOperations.Crc32C(crc, (ushort)source),
            _ => BitOperations.Crc32C(crc, (byte)source),
        };
        cpu.Regs[op.A.Index & 15] = crc;
    }

    private static void AddOneFlag(Cpu cpu, in Op op, ulong flag)
    {
        var source = cpu.GetB(op);
        var target = cpu.GetA(op);
        var sum = (UInt128)target + source + ((cpu.Flags & flag) != 0 ? 1UL : 0);
        cpu.SetA(op, (ulong)sum);
        cpu.SetStatus(flag, (sum >> (op.Size * 8)) != 0 ? flag : 0);
    }
}
