using System.Numerics;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM (Intel SDM vol. 2B, section 4.1).</summary>
internal static class StringComparisons
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Pcmpestri, static (Cpu cpu, in Op op) => Compare(cpu, op, isExplicit: true, givesIndex: true, isWide: false));
        table.Add(Mnemonic.Pcmpestri64, static (Cpu cpu, in Op op) => Compare(cpu, op, isExplicit: true, givesIndex: true, isWide: true));
        table.Add(Mnemonic.Pcmpestrm, static (Cpu cpu, in Op op) => Compare(cpu, op, isExplicit: true, givesIndex: false, isWide: false));
        table.Add(Mnemonic.Pcmpestrm64, static (Cpu cpu, in Op op) => Compare(cpu, op, isExplicit: true, givesIndex: false, isWide: true));
        table.Add(Mnemonic.Pcmpistri, static (Cpu cpu, in Op op) => Compare(cpu, op, isExplicit: false, givesIndex: true, isWide: false));
        table.Add(Mnemonic.Pcmpistrm, static (Cpu cpu, in Op op) => Compare(cpu, op, isExplicit: false, givesIndex: false, isWide: false));
    }

    private static void Compare(Cpu cpu, in Op op, bool isExplicit, bool givesIndex, bool isWide)
    {
        cpu.CheckSse();
        var control = (int)op.Immediate;
        var count = (control & 1) != 0 ? 8 : 16;
        Span<int> a = stackalloc int[16], b = stackalloc int[16];
        var lengthA = Elements(cpu.Xmm[op.A.Index], control, a);
        var lengthB = Elements(cpu.ReadXmmUnaligned(op, op.B), control, b);
        if (isExplicit)
        {
            lengthA = LengthOf(cpu.Regs[Gpr.Rax], isWide, count);
            lengthB = LengthOf(cpu.Regs[Gpr.Rdx], isWide, count);
        }

        var matches = Match(a[..count], b[..count], lengthA, lengthB, (control >> 2) & 3);
        var all = (1 << count) - 1;
        matches ^= ((control >> 4) & 3) switch
        {
            1 => all,
            3 => (1 << lengthB) - 1,
            _ => 0,
        };
        var isHighest = (control & 0x40) != 0;
        if (givesIndex)
        {
            cpu.Regs[Gpr.Rcx] = (ulong)(matches == 0 ? count
                : isHighest ? BitOperations.Log2((uint)matches)
                : BitOperations.TrailingZeroCount(matches));
        }
        else
        {
            cpu.Xmm[0] = isHighest ? Expand(matches, count) : Vector128.CreateScalar((uint)matches).AsByte();
        }

        cpu.SetStatus(Rflags.Status, (matches != 0 ? Rflags.Carry : 0) | (lengthB < count ? Rflags.Zero : 0)
            | (lengthA < count ? Rflags.Sign : 0) | ((matches & 1) != 0 ? Rflags.Overflow : 0));
    }

    // The elements, and how many there are before the first zero.
    private static int Elements(Vector128<byte> vector, int control, Span<int> elements)
    {
        var count = (control & 1) != 0 ? 8 : 16;
        var length = count;
        for (var index = count - 1; index >= 0; index--)
        {
            elements[index] = (control & 3) switch
            {
                0 => vector[index],
                1 => vector.AsUInt16()[index],
                2 => vector.AsSByte()[index],
                _ => vector.AsInt16()[index],
            };
            length = elements[index] == 0 ? index : length;
        }

        return length;
    }

    private static int LengthOf(ulong register, bool isWide, int count)
    {
        var length = isWide ? (long)register : (int)register;
        return length == long.MinValue ? count : (int)Math.Min(Math.Abs(length), count);
    }

    private static int Match(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int lengthA, int lengthB, int aggregation)
    {
        var matches = 0;
        for (var index = 0; index < b.Length; index++)
        {
            var isMatch = aggregation switch
            {
                0 => index < lengthB && a[..lengthA].Contains(b[index]),
                1 => index < lengthB && IsInRange(a, lengthA, b[index]),

                // Both ended is equal, one ended is not.
                2 => index < lengthA && index < lengthB ? a[index] == b[index] : index >= lengthA && index >= lengthB,
                _ => StartsAt(a, b, lengthA, lengthB, index),
            };
            matches |= isMatch ? 1 << index : 0;
        }

        return matches;
    }

    private static bool IsInRange(ReadOnlySpan<int> ranges, int length, int value)
    {
        for (var index = 0; index + 1 < length; index += 2)
        {
            if (value >= ranges[index] && value <= ranges[index + 1])
            {
                return true;
            }
        }

        return false;
    }

    private static bool StartsAt(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int lengthA, int lengthB, int at)
    {
        for (var index = 0; index < lengthA && at + index < b.Length; index++)
        {
            if (at + index >= lengthB || a[index] != b[at + index])
            {
                return false;
            }
        }

        return true;
    }

    private static Vector128<byte> Expand(int matches, int count)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var at = 0; at < 16; at++)
        {
            bytes[at] = (byte)-((matches >> (at * count / 16)) & 1);
        }

        return Vector128.Create<byte>(bytes);
    }
}
