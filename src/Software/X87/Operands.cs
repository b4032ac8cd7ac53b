using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>Operands in memory: 32, 64 and 80 bits, integers, and packed decimals (Intel SDM vol. 1, section 4.2).</summary>
internal static class Operands
{
    /// <summary>Reads a number of 32 or 64 bits, or an integer of 16, 32 or 64.</summary>
    public static Number Load(Cpu cpu, in Op op, bool isInteger) => (op.Size, isInteger) switch
    {
        (2, true) => Number.FromInteger(cpu.Load<short>(op)),
        (4, true) => Number.FromInteger(cpu.Load<int>(op)),
        (_, true) => Number.FromInteger(cpu.Load<long>(op)),
        (4, false) => FloatFormat.Single.Unpack(cpu.Load<uint>(op), denormalsAreZero: false),
        _ => FloatFormat.Double.Unpack(cpu.Load<ulong>(op), denormalsAreZero: false),
    };

    /// <summary>Reads 80 bits.</summary>
    public static Float80 LoadExtended(Cpu cpu, in Op op)
    {
        var linear = cpu.LinearOf(op, 10, forWrite: false);
        var significand = cpu.Read<ulong>(linear, op.Segment);
        return new Float80(significand, cpu.Read<ushort>(linear + 8, op.Segment));
    }

    /// <summary>Faults as a write to the memory operand would.</summary>
    public static ulong CheckStore(Cpu cpu, in Op op, int size)
    {
        var linear = cpu.LinearOf(op, size, forWrite: true);
        cpu.CheckWrite(linear, op.Segment, size);
        return linear;
    }

    /// <summary>Writes 80 bits.</summary>
    public static void StoreExtended(Cpu cpu, ulong linear, Seg segment, Float80 value)
    {
        cpu.Write(linear, segment, value.Significand);
        cpu.Write(linear + 8, segment, value.SignExponent);
    }

    /// <summary>Reads a packed decimal of 18 digits.</summary>
    public static Float80 LoadDecimal(Cpu cpu, in Op op)
    {
        var bytes = LoadExtended(cpu, op);
        long value = (((bytes.SignExponent >> 4) & 15) * 10) + (bytes.SignExponent & 15);
        for (var shift = 60; shift >= 0; shift -= 4)
        {
            value = (value * 10) + (long)((bytes.Significand >> shift) & 15);
        }

        return Float80.FromInteger(value).WithSign(bytes.IsNegative);
    }

    /// <summary>A packed decimal; all of it is defined by SDM vol. 1, table 4-4, the indefinite one too.</summary>
    /// <param name="value">The number.</param>
    /// <param name="context">How to round it; IE where it has more than 18 digits.</param>
    public static Float80 ToDecimal(in Number value, ref FloatContext context)
    {
        const long Limit = 1_000_000_000_000_000_000;
        var before = context.Flags;
        if (!Rounding.TryToInteger(value, 64, ref context, out var integer) || integer is >= Limit or <= -Limit)
        {
            context.Flags = before | FloatFlags.Invalid;
            context.RoundedUp = false;
            return new Float80(0xC000_0000_0000_0000, 0xFFFF);
        }

        var digits = (ulong)Math.Abs(integer);
        ulong low = 0;
        for (var shift = 0; shift < 64; shift += 4)
        {
            low |= digits % 10 << shift;
            digits /= 10;
        }

        var high = (digits % 10) | (digits / 10 << 4);
        return new Float80(low, (ushort)(high | (value.IsNegative ? 0x8000UL : 0)));
    }
}
