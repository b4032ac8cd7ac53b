using KvmActors.Interop.Libc;

namespace KvmActors.Software.Tests.Processor;

/// <summary>Control registers that no processor can have together are refused, as KVM refuses them.</summary>
public sealed class SpecialRegistersTests
{
    [Theory]
    [InlineData(0x8000_0000UL, 0UL, 0UL)] // paging without protection
    [InlineData(0x1_0000_0001UL, 0UL, 0UL)] // bits that there are not
    [InlineData(0x8000_0001UL, 0x20UL, 0x100UL)] // long mode that is not active
    [InlineData(0x8000_0001UL, 0UL, 0x500UL)] // long mode without physical address extension
    [InlineData(0x1UL, 0x20UL, 0x500UL)] // active without paging
    public void Set_WhatCannotBe_IsRefused(ulong cr0, ulong cr4, ulong efer)
    {
        using var vm = new SoftwareHypervisor().CreateVm();
        using var vcpu = vm.CreateVcpu(0);
        var before = vcpu.GetSpecialRegisters();
        var special = before with { cr0 = cr0, cr4 = cr4, efer = efer };

        Assert.Equal(Errno.EINVAL, Assert.Throws<SystemCallException>(() => vcpu.SetSpecialRegisters(special)).Errno);
        Assert.Equal(before.cr0, vcpu.GetSpecialRegisters().cr0);
    }

    [Theory]
    [InlineData(0x10UL, 0UL, 0UL)]
    [InlineData(0x1UL, 0UL, 0x100UL)]
    [InlineData(0x8000_0001UL, 0UL, 0UL)]
    [InlineData(0x8000_0001UL, 0x20UL, 0x500UL)]
    public void Set_WhatCanBe_IsTaken(ulong cr0, ulong cr4, ulong efer)
    {
        using var vm = new SoftwareHypervisor().CreateVm();
        using var vcpu = vm.CreateVcpu(0);

        vcpu.SetSpecialRegisters(vcpu.GetSpecialRegisters() with { cr0 = cr0, cr4 = cr4, efer = efer });

        Assert.Equal((cr4, efer), (vcpu.GetSpecialRegisters().cr4, vcpu.GetSpecialRegisters().efer));
    }
}
