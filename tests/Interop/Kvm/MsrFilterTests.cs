using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Interop.Tests.Kvm;

public class MsrFilterTests
{
    private const uint OsvwIdLength = 0xC001_0140, Lstar = 0xC000_0082, KvmSystemTime = 0x4B56_4D01, OldKvmSystemTime = 0x12;

    // Bit patterns of which each register that is there takes some: memory types, addresses, selectors, single bits, everything.
    private static readonly ulong[] Canaries =
        [0xCAFE_F00D, 0x0606_0606_0606_0606, 0x1234_5000, 0xCAFE_0000_CAFE_1000, 0x800, 0x7F, 4, 2, 1, ulong.MaxValue];

    [KvmFact]
    public void Guest_WritesToEveryRegister_ChangesOnlyWhatAResetGivesBack()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        var all = MsrList.FindReadable(vm.Device.Descriptor, vm.Vcpu.Descriptor);
        var saved = vm.Vcpu.SaveState();
        var fresh = Restored(vm, saved, all);

        new MsrWriter().Run(vm.Vcpu, vm.Memory, all.Indices.SelectMany(index => Canaries.Select(value => (index, value))));

        var changed = WholeState.Of(all, vm.Vcpu).ChangedRegisters(fresh).ToList();
        Assert.Contains(Lstar, changed);
        Assert.All(
            changed.Where(_ => vm.Device.FiltersMsrs),
            index => Assert.True(GuestMsrs.Kept.Concat(GuestMsrs.InSpecialRegisters).Any(range => range.Contains(index)), $"MSR 0x{index:x}"));
        Assert.Empty(Restored(vm, saved, all).DifferencesTo(fresh));
    }

    // AMD's list of errata that a hypervisor works around: 16 bytes that no list of KVM's names.
    [KvmFact]
    public void Guest_WritesWhatKvmDoesNotList_TheNextGuestDoesNotFindIt()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        var all = MsrList.FindReadable(vm.Device.Descriptor, vm.Vcpu.Descriptor);
        var saved = vm.Vcpu.SaveState();
        var fresh = Restored(vm, saved, all);

        new MsrWriter().Run(vm.Vcpu, vm.Memory, [(OsvwIdLength, 0xCA11_AB1E), (OsvwIdLength + 1, 0xCA11_AB1E)]);

        Assert.Empty(Restored(vm, saved, all).ChangedRegisters(fresh));
    }

    // Through these KVM would write to the guest's memory, also after the guest's end.
    [KvmTheory]
    [InlineData(KvmSystemTime)]
    [InlineData(OldKvmSystemTime)]
    public void Guest_NamesKvmAnAddressToWriteTo_NothingIsWritten(uint index)
    {
        const ulong Address = 0x7000;
        using var vm = new RealModeVm(new Code16().Hlt());

        new MsrWriter().Run(vm.Vcpu, vm.Memory, [(index, Address | 1), (index, Address | 1)]);

        for (var offset = 0UL; offset < 64; offset += sizeof(ulong))
        {
            Assert.True(vm.Memory.TryRead(new GuestPhysAddr(Address + offset), out ulong value));
            Assert.Equal(0UL, value);
        }
    }

    [KvmTheory]
    [InlineData(0x277u, true)]
    [InlineData(Lstar, true)]
    [InlineData(0xE8u, false)]
    [InlineData(KvmSystemTime, false)]
    public void Guest_Reads_WhatSaysNothingOfOthers(uint index, bool isReadable)
    {
        var code = new Code16().Asm(a =>
        {
            a.mov(ecx, index);
            a.rdmsr();
        }).Label(out var behind).Hlt();
        using var vm = new RealModeVm(code);

        var exit = vm.Vcpu.Run().Reason;

        Assert.Equal(isReadable, exit == VcpuExitReason.Hlt && vm.Vcpu.GetRegisters().rip > code.AddressOf(behind));
    }

    private static WholeState Restored(RealModeVm vm, VcpuState saved, MsrList all)
    {
        Assert.True(vm.Vcpu.TryRestoreState(saved));
        vm.Vcpu.CompletePendingIo();
        vm.Vcpu.ClearKick();
        return WholeState.Of(all, vm.Vcpu);
    }
}
