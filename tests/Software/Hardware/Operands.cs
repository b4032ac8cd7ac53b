using System.Buffers.Binary;

namespace KvmActors.Software.Tests.Hardware;

/// <summary>Operands that matter: special numbers, those near the limits of a format, half-way cases, and any bits at all.</summary>
internal sealed class Operands(Random random)
{
    /// <summary>An encoding of 80 bits.</summary>
    public (ulong Significand, ushort SignExponent) Extended()
    {
        var sign = (ushort)(random.Next(2) << 15);
        var significand = Significand(64) | (1UL << 63);
        return random.Next(16) switch
        {
            0 => (0, sign),
            1 => (1UL << 63, (ushort)(sign | 0x7FFF)),
            2 => (significand, (ushort)(sign | 0x7FFF)),
            3 => (significand & ~(1UL << 62), (ushort)(sign | 0x7FFF)),
            4 => (significand & (ulong.MaxValue >> random.Next(1, 64)), sign),
            5 => ((ulong)random.NextInt64() * 2, (ushort)random.Next(65536)),
            6 => (significand, (ushort)(sign | random.Next(0, 3))),
            7 => (significand, (ushort)(sign | random.Next(0x7FFC, 0x7FFF))),
            8 => (significand, (ushort)(sign | (16383 + random.Next(-1080, 1080)))),
            9 => (significand, (ushort)(sign | (16383 + random.Next(-155, 135)))),
            10 or 11 => FromInteger(random.NextInt64() >> random.Next(64), sign),
            12 => (significand, (ushort)(sign | random.Next(0x7FFF))),
            _ => (significand, (ushort)(sign | (16383 + random.Next(-3, 4)))),
        };
    }

    /// <summary>An encoding of 64 bits.</summary>
    public ulong Double() => Binary(52, 11);

    /// <summary>An encoding of 32 bits.</summary>
    public uint Single() => (uint)Binary(23, 8);

    /// <summary>Any 64 bits, often with many equal ones.</summary>
    public ulong Word() => random.Next(4) switch
    {
        0 => (ulong)(random.NextInt64() >> random.Next(63)),
        1 => ulong.MaxValue << random.Next(64),
        2 => (ulong)random.NextInt64() & (ulong)random.NextInt64() & (ulong)random.NextInt64(),
        _ => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 32),
    };

    /// <summary>16 bytes: doubles, singles, or integers.</summary>
    public void Fill(Span<byte> bytes, int kind)
    {
        for (var at = 0; at < bytes.Length; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], kind switch
            {
                0 => Double(),
                1 => Single() | ((ulong)Single() << 32),
                _ => Word(),
            });
        }
    }

    private ulong Binary(int fractionBits, int exponentBits)
    {
        var sign = (ulong)random.Next(2) << (fractionBits + exponentBits);
        var mask = (1UL << fractionBits) - 1;
        var bias = (1 << (exponentBits - 1)) - 1;
        var fraction = (Significand(fractionBits + 1) << (63 - fractionBits)) >> (63 - fractionBits) & mask;
        var (exponent, bits) = random.Next(14) switch
        {
            0 => (0, 0UL),
            1 => ((2 * bias) + 1, 0UL),
            2 => ((2 * bias) + 1, fraction),
            3 => (0, fraction & (mask >> random.Next(fractionBits))),
            4 => (random.Next(1, 4), fraction),
            5 => ((2 * bias) - random.Next(0, 3), fraction),
            6 => (random.Next((2 * bias) + 2), fraction),
            7 => (bias + random.Next(64), fraction & (mask << random.Next(fractionBits))),
            8 => (bias + fractionBits + random.Next(-2, 2), fraction),
            _ => (bias + random.Next(-3, 4), fraction),
        };
        return sign | ((ulong)exponent << fractionBits) | bits;
    }

    // Many zeros or many ones at the end, which is where rounding is decided.
    private ulong Significand(int bits)
    {
        var any = Word() >> (64 - bits);
        return random.Next(4) switch
        {
            0 => any & (ulong.MaxValue << random.Next(bits)),
            1 => (any | ((1UL << random.Next(bits)) - 1)) & (ulong.MaxValue >> (64 - bits)),
            2 => 1UL << random.Next(bits),
            _ => any,
        };
    }

    private static (ulong Significand, ushort SignExponent) FromInteger(long value, ushort sign)
    {
        var magnitude = (ulong)Math.Abs(value == long.MinValue ? 1 : value);
        if (magnitude == 0)
        {
            return (0, sign);
        }

        var shift = System.Numerics.BitOperations.LeadingZeroCount(magnitude);
        return (magnitude << shift, (ushort)(sign | (16383 + 63 - shift)));
    }
}
