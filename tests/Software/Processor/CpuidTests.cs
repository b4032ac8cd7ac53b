using Iced.Intel;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;
using KvmActors.Software.Tests.Support;

namespace KvmActors.Software.Tests.Processor;

/// <summary>That CPUID and the table of instructions tell the same.</summary>
public sealed class CpuidTests : IDisposable
{
    private static readonly Dictionary<CpuidFeature, Bit> Bits = new()
    {
        [CpuidFeature.CX8] = new(1, 'd', 8),
        [CpuidFeature.CMOV] = new(1, 'd', 15),
        [CpuidFeature.MSR] = new(1, 'd', 5),
        [CpuidFeature.TSC] = new(1, 'd', 4),
        [CpuidFeature.SEP] = new(1, 'd', 11),
        [CpuidFeature.CLFSH] = new(1, 'd', 19),
        [CpuidFeature.FXSR] = new(1, 'd', 24),
        [CpuidFeature.CMPXCHG16B] = new(1, 'c', 13),
        [CpuidFeature.MOVBE] = new(1, 'c', 22),
        [CpuidFeature.POPCNT] = new(1, 'c', 23),
        [CpuidFeature.XSAVE] = new(1, 'c', 26),
        [CpuidFeature.RDRAND] = new(1, 'c', 30),
        [CpuidFeature.FSGSBASE] = new(7, 'b', 0),
        [CpuidFeature.BMI1] = new(7, 'b', 3),
        [CpuidFeature.BMI2] = new(7, 'b', 8),
        [CpuidFeature.RDSEED] = new(7, 'b', 18),
        [CpuidFeature.ADX] = new(7, 'b', 19),
        [CpuidFeature.CLFLUSHOPT] = new(7, 'b', 23),
        [CpuidFeature.CLWB] = new(7, 'b', 24),
        [CpuidFeature.RDPID] = new(7, 'c', 22),
        [CpuidFeature.XSAVEOPT] = new(0xD, 'a', 0, 1),
        [CpuidFeature.SYSCALL] = new(0x8000_0001, 'd', 11),
        [CpuidFeature.RDTSCP] = new(0x8000_0001, 'd', 27),
        [CpuidFeature.X64] = new(0x8000_0001, 'd', 29),
        [CpuidFeature.LZCNT] = new(0x8000_0001, 'c', 5),
        [CpuidFeature.PREFETCHW] = new(0x8000_0001, 'c', 8),
        [CpuidFeature.AVX] = new(1, 'c', 28),
        [CpuidFeature.FMA] = new(1, 'c', 12),
        [CpuidFeature.F16C] = new(1, 'c', 29),
        [CpuidFeature.SHA] = new(7, 'b', 29),
        [CpuidFeature.AVX2] = new(7, 'b', 5),
        [CpuidFeature.MONITOR] = new(1, 'c', 3),
        [CpuidFeature.SSE4A] = new(0x8000_0001, 'c', 6),
    };

    private readonly SoftwareVm _vm = new(Machine.Boot.BootProtocol.Real16, code => code.hlt());

    public static TheoryData<CpuidFeature> Features => [.. Bits.Keys];

    // An instruction of several features needs all of them; one of this feature alone tells whether it is there.
    [Theory]
    [MemberData(nameof(Features))]
    public void Get_OfAFeature_IsWhetherItsInstructionsAreExecuted(CpuidFeature feature)
    {
        var codes = Enum.GetValues<Code>().Where(code =>
            code != Code.INVALID && !code.ToString().Contains("KNC", StringComparison.Ordinal) && code.CpuidFeatures().SequenceEqual([feature])).ToList();
        var missing = codes.Where(code => !InstructionSet.Table.Contains(code)).ToList();

        if (IsSet(Bits[feature]))
        {
            Assert.Empty(missing);
        }
        else
        {
            Assert.Equal(codes, missing);
        }
    }

    [Fact]
    public void Get_OfTheVcpusNumber_IsItsApicIdentity() => Assert.Equal(0U, Cpuid.Get(_vm.Vcpu.Cpu, 1, 0).Ebx >> 24);

    public void Dispose() => _vm.Dispose();

    private bool IsSet(Bit bit)
    {
        var (eax, ebx, ecx, edx) = Cpuid.Get(_vm.Vcpu.Cpu, bit.Leaf, bit.Subleaf);
        var word = bit.Register switch { 'a' => eax, 'b' => ebx, 'c' => ecx, _ => edx };
        return (word & (1U << bit.Number)) != 0;
    }

    private readonly record struct Bit(uint Leaf, char Register, int Number, uint Subleaf = 0);
}
