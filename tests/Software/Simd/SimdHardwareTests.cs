using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.Simd;

/// <summary>MMX, SSE to SSE4.2, AES and PCLMULQDQ against this machine's processor, bit for bit: registers, memory, flags, MXCSR, faults.</summary>
[Trait("Needs", "Compiler")]
public sealed class SimdHardwareTests(HardwareReplay hardware) : IClassFixture<HardwareReplay>
{
    private static readonly CpuidFeature[] Features =
    [
        CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.AES, CpuidFeature.PCLMULQDQ,
    ];

    // Fences, prefetches and the like are not about vectors, and MASKMOV's operand is where RDI points.
    private static readonly Mnemonic[] Others =
    [
        Mnemonic.Lfence, Mnemonic.Mfence, Mnemonic.Sfence, Mnemonic.Prefetchnta, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2,
        Mnemonic.Monitor, Mnemonic.Mwait, Mnemonic.Pause, Mnemonic.Clflush, Mnemonic.Crc32, Mnemonic.Popcnt,
        Mnemonic.Maskmovq, Mnemonic.Maskmovdqu, Mnemonic.Ldmxcsr, Mnemonic.Stmxcsr, Mnemonic.Fisttp,
    ];

    private static readonly Code[] All = [.. Enum.GetValues<Code>().Where(IsSimd)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Execute_UsualMxcsr_IsAsOnTheProcessor(int seed) => new HardwareComparison(hardware).Run(
        seed, HardwareComparison.Cases(20_000), random => Make(random, random.Next(3) == 0 ? 0x1F80u : 0x1FA0u));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Execute_AnyRoundingMasked_IsAsOnTheProcessor(int seed) => new HardwareComparison(hardware).Run(
        seed, HardwareComparison.Cases(20_000), random => Make(random, 0x1F80u | ((uint)random.Next(8) << 13) | (uint)(random.Next(4) == 0 ? 0x40 : 0)));

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void Execute_AnyMxcsr_IsAsOnTheProcessor(int seed) => new HardwareComparison(hardware).Run(
        seed, HardwareComparison.Cases(20_000), random => Make(random, (uint)random.Next(0x10000)));

    private static bool IsSimd(Code code)
    {
        var info = code.ToOpCode();
        return info is { IsInstruction: true, Mode64: true, Encoding: EncodingKind.Legacy }
            && code.CpuidFeatures().Any(Features.Contains)
            && !Others.Contains(code.Mnemonic());
    }

    private static HardwareCase Make(Random random, uint mxcsr)
    {
        var operands = new Operands(random);
        var request = new HardwareCase
        {
            Mxcsr = mxcsr,
            Flags = 2 | ((ulong)random.Next(4096) & 0x8D5),
            Rax = random.Next(2) == 0 ? (ulong)random.Next(-20, 20) : operands.Word(),
            Rcx = operands.Word(),
            Rdx = random.Next(2) == 0 ? (ulong)random.Next(-20, 20) : operands.Word(),
            ControlWord = 0x37F,
            StatusWord = (ushort)(random.Next(8) << 11),
            Tags = (byte)random.Next(256),
        };
        var code = All[random.Next(All.Length)];
        var name = code.ToString();
        var kind = name.Contains("pd_", StringComparison.Ordinal) || name.Contains("sd_", StringComparison.Ordinal) || name.Contains("pd2", StringComparison.Ordinal) || name.Contains("sd2", StringComparison.Ordinal) ? 0
            : name.Contains("ps_", StringComparison.Ordinal) || name.Contains("ss_", StringComparison.Ordinal) || name.Contains("ps2", StringComparison.Ordinal) || name.Contains("ss2", StringComparison.Ordinal) ? 1
            : 2;
        kind = random.Next(8) == 0 ? random.Next(3) : kind;
        for (var index = 0; index < 16; index++)
        {
            operands.Fill(request.Xmm(index), kind);
        }

        if (name.StartsWith("Pcmp", StringComparison.Ordinal) && name.Contains("str", StringComparison.Ordinal))
        {
            FillStrings(request, random);
        }

        for (var index = 0; index < 8; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(request.Stack(index), operands.Word());
            BinaryPrimitives.WriteUInt16LittleEndian(request.Stack(index)[8..], (ushort)random.Next(65536));
        }

        operands.Fill(request.Memory, kind);
        var displacement = random.Next(6) == 0 ? random.Next(64) : 16 * random.Next(4);
        request.Code = HardwareComparison.Encode(InstructionForms.Make(code, random, random.Next(3) == 0, displacement));
        return request;
    }

    // Short alphabets, so that something matches.
    private static void FillStrings(HardwareCase request, Random random)
    {
        var letters = random.Next(2, 6);
        for (var index = 0; index < 16; index++)
        {
            var isWide = random.Next(2) == 0;
            foreach (ref var letter in request.Xmm(index))
            {
                letter = (byte)random.Next(random.Next(8) == 0 ? 256 : letters);
            }

            for (var at = 1; isWide && at < 16; at += 2)
            {
                request.Xmm(index)[at] = 0;
            }
        }
    }
}
