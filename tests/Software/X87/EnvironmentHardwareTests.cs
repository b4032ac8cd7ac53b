using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.X87;

/// <summary>FNSTENV, FLDENV, FNSAVE and FRSTOR against this machine's processor.</summary>
[Trait("Needs", "Compiler")]
public sealed class EnvironmentHardwareTests(HardwareReplay hardware) : IClassFixture<HardwareReplay>
{
    // Control instructions are not remembered.
    private static readonly Code[] Firsts =
    [
        Code.Fld_m32fp, Code.Fld_m64fp, Code.Fld_m80fp, Code.Fild_m16int, Code.Fstp_m64fp, Code.Fist_m32int, Code.Fbstp_m80bcd, Code.Fmul_m32fp, Code.Fidiv_m32int,
        Code.Fcomp_m64fp, Code.Fadd_st0_sti, Code.Fsubp_sti_st0, Code.Fxch_st0_sti, Code.Fcomi_st0_sti, Code.Fcmovb_st0_sti, Code.Fld1, Code.Fsqrt,
        Code.Ffree_sti, Code.Fincstp, Code.Fnop, Code.Fxam, Code.Fprem, Code.Fscale, Code.Fnstsw_m2byte, Code.Fldcw_m2byte, Code.Fnstcw_m2byte, Code.Wait, Code.Emms,
    ];

    [Theory]
    [InlineData(Code.Fnstenv_m28byte)]
    [InlineData(Code.Fnstenv_m14byte)]
    [InlineData(Code.Fldenv_m28byte)]
    [InlineData(Code.Fldenv_m14byte)]
    [InlineData(Code.Fnsave_m108byte)]
    [InlineData(Code.Fnsave_m94byte)]
    [InlineData(Code.Frstor_m108byte)]
    [InlineData(Code.Frstor_m94byte)]
    public void Execute_Environment_IsAsOnTheProcessor(Code code) => new HardwareComparison(hardware).Run(
        8, HardwareComparison.Cases(2_000), random => Make(random, code), (_, expected, actual) => IsEqual(code, expected, actual));

    [Theory]
    [InlineData(Code.Fnstenv_m28byte)]
    [InlineData(Code.Fnstenv_m14byte)]
    [InlineData(Code.Fnsave_m108byte)]
    [InlineData(Code.Fnsave_m94byte)]
    public void Execute_StoreAfterAnother_TellsWhereThatWas(Code code) => new HardwareComparison(hardware).Run(
        9, HardwareComparison.Cases(2_000), random => MakePair(random, code), (_, expected, actual) => HasEqualPointers(code, expected, actual));

    private static HardwareCase MakePair(Random random, Code code)
    {
        var first = Firsts[random.Next(Firsts.Length)];
        var request = X87Cases.Make(random, first, 0x3F);
        request.Code = (byte[])
        [
            .. HardwareComparison.Encode(InstructionForms.Make(first, random, memory: true, random.Next(64))),
            .. HardwareComparison.Encode(InstructionForms.Make(code, random, memory: true, 0)),
        ];
        return request;
    }

    // The bits of addresses that are the same in both: of the code, those within its page; of the operand, those within 64 bytes.
    private static bool HasEqualPointers(Code code, HardwareCase expected, HardwareCase actual)
    {
        var isWide = code is Code.Fnstenv_m28byte or Code.Fnsave_m108byte;
        var (ip, dp) = isWide ? (12, 20) : (6, 10);
        var copy = new HardwareCase(actual.Buffer);
        Replace(ip, 0xFFF);
        Replace(dp, 0x3F);
        if (Read(expected, ip) == 0)
        {
            // Lost: this machine's kernel has switched to another thread in between.
            expected.Memory[ip..(isWide ? 28 : 14)].CopyTo(copy.Memory[ip..]);
        }

        return expected.Difference(copy).Length == 0;

        void Replace(int at, uint mask)
        {
            var value = (Read(expected, at) & ~mask) | (Read(actual, at) & mask);
            BinaryPrimitives.WriteUInt16LittleEndian(copy.Memory[at..], (ushort)value);
            if (isWide)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(copy.Memory[at..], value);
            }
        }

        uint Read(HardwareCase of, int at) => isWide
            ? BinaryPrimitives.ReadUInt32LittleEndian(of.Memory[at..])
            : BinaryPrimitives.ReadUInt16LittleEndian(of.Memory[at..]);
    }

    private static HardwareCase Make(Random random, Code code)
    {
        var request = X87Cases.Make(random, code, random.Next(2) == 0 ? 0x3F : random.Next(64));
        if (code is Code.Fldenv_m28byte or Code.Frstor_m108byte or Code.Fldenv_m14byte or Code.Frstor_m94byte)
        {
            random.NextBytes(request.Memory);

            // Bits 6 and 7 of FCW, and 13 to 15, are not there.
            request.Memory[0] |= (byte)(random.Next(2) == 0 ? 0x3F : 0);
        }

        return request;
    }

    private static bool IsEqual(Code code, HardwareCase expected, HardwareCase actual)
    {
        var copy = new HardwareCase(actual.Buffer);
        var pointers = code is Code.Fnstenv_m28byte or Code.Fnsave_m108byte ? 12..28 : 6..14;
        if (code is Code.Fnstenv_m28byte or Code.Fnstenv_m14byte or Code.Fnsave_m108byte or Code.Fnsave_m94byte)
        {
            expected.Memory[pointers].CopyTo(copy.Memory[pointers]);
        }

        return expected.Difference(copy).Length == 0;
    }
}
