using System.Runtime.CompilerServices;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>What SSE operations go by, and what they leave: MXCSR (Intel SDM vol. 1, sections 10.2.3 and 11.5).</summary>
internal static class MxcsrContext
{
    // All exceptions masked, rounding to nearest, FTZ and DAZ clear, and PE set already: what is inexact changes nothing then.
    private const uint PlainMask = 0xFFE0, Plain = 0x1FA0;

    /// <summary>Whether operations on numbers that are not remarkable leave no trace in MXCSR.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasPlainMxcsr(this Cpu cpu) => (cpu.Mxcsr & PlainMask) == Plain;

    /// <summary>Whether exact operations leave no trace, and results are rounded to nearest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasUsualMxcsr(this Cpu cpu) => (cpu.Mxcsr & PlainMask & ~0x20u) == (Plain & ~0x20u);

    /// <summary>Rounding, masks, FTZ and DAZ.</summary>
    public static FloatContext FloatContext(this Cpu cpu) => new()
    {
        Rounding = (RoundingMode)((cpu.Mxcsr >> 13) & 3),
        Precision = 64,
        Masks = (int)(cpu.Mxcsr >> 7) & FloatFlags.All,
        FlushesToZero = (cpu.Mxcsr & 0x8000) != 0,
        DenormalsAreZero = (cpu.Mxcsr & 0x40) != 0,
    };

    /// <summary>Sets the flags found; #XM where one of them is not masked, and then nothing may be written.</summary>
    public static void Commit(this Cpu cpu, in FloatContext context)
    {
        // Where operands of one element are refused, no element has a result to tell of.
        cpu.Mxcsr |= (uint)(context.IsRefused ? context.Flags & FloatFlags.BeforeResult : context.Flags);
        if (context.Unmasked != 0)
        {
            throw cpu.SimdException();
        }
    }
}
