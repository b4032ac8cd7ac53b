using Iced.Intel;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.Simd;

/// <summary>What <see cref="SimdHardwareTests"/> does not reach: MASKMOV, and MXCSR itself.</summary>
[Trait("Needs", "Compiler")]
public sealed class MemoryHardwareTests(HardwareReplay hardware) : IClassFixture<HardwareReplay>
{
    [Theory]
    [InlineData(Code.Maskmovdqu_rDI_xmm_xmm)]
    [InlineData(Code.Maskmovq_rDI_mm_mm)]
    [InlineData(Code.Ldmxcsr_m32)]
    [InlineData(Code.Stmxcsr_m32)]
    public void Execute_MemoryOperand_IsAsOnTheProcessor(Code code) =>
        new HardwareComparison(hardware).Run(9, HardwareComparison.Cases(2_000), random => Make(random, code));

    private static HardwareCase Make(Random random, Code code)
    {
        var request = new HardwareCase { Mxcsr = (uint)random.Next(0x10000), ControlWord = 0x37F, Flags = 2 };
        for (var index = 0; index < 16; index++)
        {
            random.NextBytes(request.Xmm(index));
        }

        for (var index = 0; index < 8; index++)
        {
            random.NextBytes(request.Stack(index)[..10]);
        }

        random.NextBytes(request.Memory);
        request.Memory[2..4].Clear();
        request.Code = code switch
        {
            Code.Maskmovdqu_rDI_xmm_xmm => [0x66, 0x0F, 0xF7, (byte)(0xC0 | random.Next(64))],
            Code.Maskmovq_rDI_mm_mm => [0x0F, 0xF7, (byte)(0xC0 | random.Next(64))],
            Code.Ldmxcsr_m32 => [0x0F, 0xAE, 0x17],
            _ => [0x0F, 0xAE, 0x1F],
        };
        return request;
    }
}
