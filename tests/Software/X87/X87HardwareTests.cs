using System.Buffers.Binary;
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
        seed, HardwareComparison.Cases(20_000), random => Make(random, Pick(random, All), masks: 0x3F));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Execute_AnyMasks_IsAsOnTheProcessor(int seed) => new HardwareComparison(hardware).Run(
        seed, HardwareComparison.Cases(20_000), random => Make(random, Pick(random, All), masks: random.Next(64)));

    private static bool IsX87(Code code)
    {
        var name = code.Mnemonic();
        return code.CpuidFeatures().Any(feature => feature is CpuidFeature.FPU or CpuidFeature.FPU287)
            && code.ToOpCode() is { IsInstruction: true, Mode64: true, Fwait: false }
            && !Transcendental.Contains(name) && !Environments.Contains(name) && name is not (Mnemonic.Fstdw or Mnemonic.Fstsg or Mnemonic.Frinear);
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];

    private static HardwareCase Make(Random random, Code code, int masks)
    {
        var operands = new Operands(random);
        var request = new HardwareCase
        {
            Mxcsr = 0x1F80,
            Flags = 2 | ((ulong)random.Next(4096) & 0x8D5),
            Rax = operands.Word(),
            ControlWord = (ushort)(masks | 0x40 | (random.Next(4) << 10) | (new[] { 0, 2, 3, 3 }[random.Next(4)] << 8)),
            StatusWord = (ushort)((random.Next(8) << 11) | (random.Next(4) == 0 ? random.Next(65536) & 0x477F & (masks | 0x4740) : 0)),
            Tags = random.Next(4) == 0 ? (byte)random.Next(256) : new byte[] { 0xFF, 0x7F, 0xFF, 0x80 }[random.Next(2)],
        };
        if (random.Next(3) != 0)
        {
            // Room to push.
            request.Tags &= (byte)~(1 << ((((request.StatusWord >> 11) & 7) + 7) & 7));
        }

        for (var index = 0; index < 8; index++)
        {
            var (significand, signExponent) = operands.Extended();
            BinaryPrimitives.WriteUInt64LittleEndian(request.Stack(index), significand);
            BinaryPrimitives.WriteUInt16LittleEndian(request.Stack(index)[8..], signExponent);
        }

        operands.Fill(request.Memory, random.Next(3));
        if (code == Code.Fld_m80fp)
        {
            request.Stack(random.Next(8))[..10].CopyTo(request.Memory);
        }
        else if (code == Code.Fbld_m80bcd)
        {
            for (var at = 0; at < 9; at++)
            {
                request.Memory[at] = (byte)(random.Next(10) | (random.Next(10) << 4));
            }
        }

        request.Code = HardwareComparison.Encode(InstructionForms.Make(code, random, memory: true, 0));
        return request;
    }
}
