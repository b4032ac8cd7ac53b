using Iced.Intel;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.X87;

/// <summary>x87 instructions against this machine's processor, bit for bit: registers, memory, FSW, tags.</summary>
[Trait("Needs", "Compiler")]
public sealed class X87HardwareTests(HardwareReplay hardware) : IClassFixture<HardwareReplay>
{
    private static readonly Mnemonic[] Transcendental =
    [
        Mnemonic.F2xm1, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1, Mnemonic.Fptan, Mnemonic.Fpatan, Mnemonic.Fsin, Mnemonic.Fcos, Mnemonic.Fsincos,
    ];

    // What FNSTENV and its kin write of pointers differs; EnvironmentTests look at them.
    private static readonly Mnemonic[] Environments = [Mnemonic.Fnstenv, Mnemonic.Fldenv, Mnemonic.Fnsave, Mnemonic.Frstor];

    private static readonly Code[] All = [.. Enum.GetValues<Code>().Where(IsX87)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Execute_MaskedExceptions_IsAsOnTheProcessor(int seed) => new HardwareComparison(hardware).Run(
        seed, HardwareComparison.Cases(20_000), random => X87Cases.Make(random, Pick(random, All), masks: 0x3F));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Execute_AnyMasks_IsAsOnTheProcessor(int seed) => new HardwareComparison(hardware).Run(
        seed, HardwareComparison.Cases(20_000), random => X87Cases.Make(random, Pick(random, All), masks: random.Next(64)));

    private static bool IsX87(Code code)
    {
        var name = code.Mnemonic();
        return (name == Mnemonic.Fisttp || code.CpuidFeatures().Any(feature => feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387))
            && code.ToOpCode() is { IsInstruction: true, Mode64: true, Fwait: false }
            && !Transcendental.Contains(name) && !Environments.Contains(name) && name is not (Mnemonic.Fstdw or Mnemonic.Fstsg or Mnemonic.Frinear);
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
