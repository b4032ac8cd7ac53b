using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Hardware;
using Xunit.Abstractions;

namespace KvmActors.Software.Tests.X87;

/// <summary>
/// Transcendental instructions against this machine's processor: results within one unit in the last place of its, everything else
/// equal. Bits of these results are not architectural.
/// </summary>
[Trait("Needs", "Compiler")]
public sealed class TranscendentalHardwareTests(HardwareReplay hardware, ITestOutputHelper output) : IClassFixture<HardwareReplay>
{
    [Theory]
    [InlineData("F2xm1")]
    [InlineData("Fyl2x")]
    [InlineData("Fyl2xp1")]
    [InlineData("Fptan")]
    [InlineData("Fpatan")]
    [InlineData("Fsin")]
    [InlineData("Fcos")]
    [InlineData("Fsincos")]
    public void Execute_Transcendental_IsWithinOneUnitOfTheProcessor(string name)
    {
        var code = Enum.Parse<Code>(name);
        var count = HardwareComparison.Cases(5_000);
        var near = new HardwareComparison(hardware).Run(
            7, count, random => MakeInRange(random, code), (_, expected, actual) => IsNear(expected, actual));
        output.WriteLine($"{name}: {count - near} of {count} equal, {near} one unit away");
    }

    // FYL2XP1 and F2XM1 promise nothing outside their ranges.
    private static HardwareCase MakeInRange(Random random, Code code)
    {
        while (true)
        {
            var request = X87Cases.Make(random, code, random.Next(4) == 0 ? random.Next(64) : 0x3F);
            var exponent = BinaryPrimitives.ReadUInt16LittleEndian(request.Stack(0)[8..]) & 0x7FFF;
            var isSpecial = exponent == 0x7FFF || (request.Stack(0)[7] & 0x80) == 0;
            if (isSpecial || code switch { Code.F2xm1 => exponent < 16383, Code.Fyl2xp1 => exponent < 16381, _ => true })
            {
                return request;
            }
        }
    }

    private static bool IsNear(HardwareCase expected, HardwareCase actual)
    {
        var copy = new HardwareCase(actual.Buffer);
        for (var index = 0; index < 2; index++)
        {
            var distance = Position(expected.Stack(index)) - Position(actual.Stack(index));
            if (Int128.Abs(distance) == 1)
            {
                expected.Stack(index).CopyTo(copy.Stack(index));
            }
        }

        // C1 tells in which direction a result was rounded.
        copy.StatusWord = (ushort)((copy.StatusWord & ~0x200) | (expected.StatusWord & 0x200));
        return expected.Difference(copy).Length == 0;
    }

    // Neighbours differ by 1; a significand that ends is followed by the next exponent's first.
    private static Int128 Position(ReadOnlySpan<byte> value)
    {
        var signExponent = BinaryPrimitives.ReadUInt16LittleEndian(value[8..]);
        var significand = BinaryPrimitives.ReadUInt64LittleEndian(value);
        var magnitude = ((Int128)(signExponent & 0x7FFF) << 63) + (significand & (ulong.MaxValue >> 1));
        return (signExponent & 0x8000) != 0 ? -magnitude : magnitude;
    }
}
