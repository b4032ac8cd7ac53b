using System.Buffers.Binary;
using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>The random numbers of one machine's guests: the host's, or such as come of a seed. Safe from any thread; never blocks.</summary>
public sealed class GuestRandom
{
    // SplitMix64: a counter in steps of the golden ratio, and two rounds of mixing (Steele, Lea and Flood, OOPSLA 2014).
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state;
    private bool _isSeeded;

    /// <summary>Fills a buffer.</summary>
    public void Fill(Span<byte> bytes)
    {
        if (!_isSeeded)
        {
            HostRandom.Fill(bytes);
            return;
        }

        Span<byte> number = stackalloc byte[sizeof(ulong)];
        while (!bytes.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, Next(ref _state));
            var count = Math.Min(number.Length, bytes.Length);
            number[..count].CopyTo(bytes);
            bytes = bytes[count..];
        }
    }

    /// <summary>Begins anew. Call while nobody fills a buffer.</summary>
    /// <param name="seed">What all that follow come of; null for the host's.</param>
    public void Restart(ulong? seed)
    {
        _isSeeded = seed is not null;
        _state = seed ?? 0;
    }

    /// <summary>The next number of a sequence. Safe from any thread.</summary>
    /// <param name="state">Where the sequence is: what it began with is its seed.</param>
    public static ulong Next(ref ulong state) => Mix(Interlocked.Add(ref state, Step));

    /// <summary>Makes a number of another, so that those that are alike become different ones.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
