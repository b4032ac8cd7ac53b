using Iced.Intel;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.X87;

/// <summary>FNSTENV, FLDENV, FNSAVE and FRSTOR against this machine's processor: all but the pointers to the last instruction.</summary>
[Trait("Needs", "Compiler")]
public sealed class EnvironmentHardwareTests(HardwareReplay hardware) : IClassFixture<HardwareReplay>
{
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
