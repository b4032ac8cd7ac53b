using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class HiddenFeaturesTests
{
    [Theory]
    [InlineData(0x1u, 0xFFFF_FFFFu, 0xFFFF_FFDFu, 0xFFFF_AF7Fu)]
    [InlineData(0x7u, 0xFFFF_FFFFu, 0xFFFF_FF7Fu, 0xFFEF_FFFFu)]
    [InlineData(0x8000_0001u, 0xFFFF_FFFFu, 0xFF7F_FDFBu, 0xFFFF_AF7Fu)]
    [InlineData(0x2u, 0xFFFF_FFFFu, 0xFFFF_FFFFu, 0xFFFF_FFFFu)]
    public void RemoveFrom_Leaf_TakesAwayWhatNoResetGivesBack(uint leaf, uint ebx, uint ecx, uint edx)
    {
        var entry = new kvm_cpuid_entry2 { function = leaf, eax = ~0U, ebx = ebx, ecx = ~0U, edx = ~0U };

        HiddenFeatures.RemoveFrom(ref entry);

        Assert.Equal((~0U, ebx, ecx, edx), (entry.eax, entry.ebx, entry.ecx, entry.edx));
    }

    [Theory]
    [InlineData(0xAu)]
    [InlineData(0x8000_0022u)]
    public void RemoveFrom_PerformanceCounters_NothingIsLeft(uint leaf)
    {
        var entry = new kvm_cpuid_entry2 { function = leaf, eax = ~0U, ebx = ~0U, ecx = ~0U, edx = ~0U };

        HiddenFeatures.RemoveFrom(ref entry);

        Assert.Equal((0U, 0U, 0U, 0U), (entry.eax, entry.ebx, entry.ecx, entry.edx));
    }

    // Clocks, stolen time, asynchronous page faults, end of interrupt: all of them addresses for KVM to write to.
    [KvmFact]
    public void SupportedCpuid_KvmsOwnFeatures_AreNotOffered()
    {
        using var device = KvmDevice.Open();

        Assert.All(
            device.SupportedCpuid.Entries.ToArray().Where(entry => entry.function == 0x4000_0001),
            entry => Assert.Equal(0U, entry.eax & ~2U));
    }
}
