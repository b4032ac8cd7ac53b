using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Interop.Tests.Kvm;

/// <summary>Each part of a vCPU's state: a guest changes it, and after the restore the next guest code finds it as it was.</summary>
public class VcpuStateTests
{
    [KvmFact]
    public void TryRestoreState_GeneralAndSegmentRegisters_AreAsSaved()
    {
        // Everything 0x5A…, DS 0x1234, CR2, then HLT.
        using var vm = new RealModeVm(new Code16().MovEax(0x5A5A_5A5A).Asm(a =>
        {
            foreach (var register in new[] { ebx, ecx, edx, esi, edi, ebp })
            {
                a.mov(register, eax);
            }

            a.mov(cr2, eax);
        }).MovDs(0x1234).Hlt());
        var saved = vm.Vcpu.SaveState();

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
            Assert.Equal((0x5A5A_5A5AUL, (ushort)0x1234, 0x5A5A_5A5AUL), (vm.Vcpu.GetRegisters().rbx, vm.Vcpu.GetSpecialRegisters().ds.selector, vm.Vcpu.GetSpecialRegisters().cr2));
            Assert.True(vm.Vcpu.TryRestoreState(saved));
            AssertSame(saved, vm.Vcpu);
        }
    }

    [KvmFact]
    public void TryRestoreState_InTheMiddleOfAPortRead_DoesNotCompleteItLater()
    {
        // in eax, dx; hlt
        using var vm = new RealModeVm(new Code16().MovDx(0x10).InDx(4).Hlt());
        var saved = vm.Vcpu.SaveState();
        var exit = vm.Vcpu.Run();
        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        exit.Io.Data.Fill(0xCA);

        Assert.True(vm.Vcpu.TryRestoreState(saved));

        AssertSame(saved, vm.Vcpu);
        Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void TryRestoreState_InTheMiddleOfAStoreToADevice_DoesNotCompleteItLater()
    {
        // mov [0x8000:0x8000...] beyond the 64 KiB: MMIO
        using var vm = new RealModeVm(new Code16().MovDs(0x2000).MovEax(0xCAFE).Store(4, 0x10).Hlt());
        var saved = vm.Vcpu.SaveState();
        Assert.Equal(VcpuExitReason.Mmio, vm.Vcpu.Run().Reason);

        Assert.True(vm.Vcpu.TryRestoreState(saved));

        AssertSame(saved, vm.Vcpu);
        Assert.Equal(VcpuExitReason.Mmio, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void TryRestoreState_RepeatedOutput_IsRestoredOrRefused()
    {
        // rep outsb of many bytes: where each is an exit of its own, the instruction does not end soon.
        using var vm = new RealModeVm(new Code16().MovDx(0xE9).MovCx(0x4000).RepOutsb().Hlt());
        var saved = vm.Vcpu.SaveState();
        Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);

        if (vm.Vcpu.TryRestoreState(saved))
        {
            AssertSame(saved, vm.Vcpu);
        }
    }

    [KvmFact]
    public void TryRestoreState_ModelSpecificRegisters_AreAsSaved()
    {
        // Every one that can be restored gets back what it held, whatever it holds now.
        using var vm = new RealModeVm(Wrmsr(
            (0xC000_0102, 0xCA0E), (0xC000_0081, 0x5A5A_0000), (0xC000_0082, 0x7ACE), (0xC000_0084, 0x4700), (0x174, 0x10), (0x175, 0x4000), (0x176, 0x5000), (0x277, 0x0606_0606)));
        var saved = vm.Vcpu.SaveState();

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        var changed = vm.Vcpu.SaveState();
        Assert.NotEmpty(Differences(saved, changed));

        Assert.True(vm.Vcpu.TryRestoreState(saved));
        Assert.Empty(Differences(saved, vm.Vcpu.SaveState()));
    }

    [KvmFact]
    public void TryRestoreState_TimeStampCounter_GoesOnFromWhereItWas()
    {
        // rdtsc with the high half in EBX, after the guest has moved the counter far ahead.
        using var vm = new RealModeVm(new Code16().Asm(a =>
        {
            a.rdtsc();
            a.mov(ebx, edx);
            a.mov(ecx, 0x10);
            a.mov(eax, 0);
            a.mov(edx, 0x4000_0000);
            a.wrmsr();
            a.rdtsc();
        }).Hlt());
        var saved = vm.Vcpu.SaveState();
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);

        Assert.True(vm.Vcpu.TryRestoreState(saved));

        // Where KVM shows guests the host's own counter, they cannot move it in the first place.
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.InRange(vm.Vcpu.GetRegisters().rbx, 0UL, 0x3FFF_FFFFUL);
    }

    [KvmFact]
    public void TryRestoreState_DebugRegisters_AreAsSaved()
    {
        using var vm = new RealModeVm(new Code16().MovEax(0xCAFE).Asm(a =>
        {
            a.mov(dr0, eax);
            a.mov(dr3, eax);
        }).Hlt());
        var saved = vm.Vcpu.SaveState();
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(0xCAFEUL, vm.Vcpu.SaveState().DebugRegisters.db[0]);

        Assert.True(vm.Vcpu.TryRestoreState(saved));

        var now = vm.Vcpu.SaveState().DebugRegisters;
        Assert.Equal((0UL, 0UL, saved.DebugRegisters.dr7), (now.db[0], now.db[3], now.dr7));
    }

    [KvmFact]
    public void TryRestoreState_FloatingPointRegisters_AreAsSaved()
    {
        // A state that was made up stands for a guest's: not every KVM lets ring 0 use SSE.
        using var vm = new RealModeVm(new Code16().Hlt());
        var saved = vm.Vcpu.SaveState();
        var canary = saved.ExtendedState.ToArray();
        canary.AsSpan(160, 256).Fill(0xCA); // XMM0 to XMM15
        canary[512] |= 2; // XSTATE_BV: SSE is in use
        var filled = new VcpuState(saved.Registers, saved.SpecialRegisters)
        {
            Events = saved.Events,
            DebugRegisters = saved.DebugRegisters,
            ExtendedControl = saved.ExtendedControl,
            ExtendedState = canary,
            ModelSpecific = saved.ModelSpecific,
        };
        Assert.True(vm.Vcpu.TryRestoreState(filled));
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(256, vm.Vcpu.SaveState().ExtendedState.Count(value => value == 0xCA));

        Assert.True(vm.Vcpu.TryRestoreState(saved));

        Assert.DoesNotContain((byte)0xCA, vm.Vcpu.SaveState().ExtendedState);
    }

    [KvmFact]
    public void TryRestoreState_ControlRegister8_IsAsSaved()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        var saved = vm.Vcpu.SaveState();
        var special = vm.Vcpu.GetSpecialRegisters();
        special.cr8 = 7;
        var raised = new VcpuState(saved.Registers, special)
        {
            Events = saved.Events,
            DebugRegisters = saved.DebugRegisters,
            ExtendedControl = saved.ExtendedControl,
            ExtendedState = saved.ExtendedState,
            ModelSpecific = saved.ModelSpecific,
        };
        Assert.True(vm.Vcpu.TryRestoreState(raised));
        vm.Vcpu.Run();
        Assert.Equal(7UL, vm.Vcpu.GetSpecialRegisters().cr8);

        Assert.True(vm.Vcpu.TryRestoreState(saved));
        vm.Vcpu.Run();

        Assert.Equal(0UL, vm.Vcpu.GetSpecialRegisters().cr8);
    }

    [KvmFact]
    public void TryRestoreState_OnAnotherVmsVcpu_RunsThereAsItWouldHere()
    {
        // Stops at a HLT, goes on to a second one.
        var code = new Code16().MovAx(0x1111).Hlt().Asm(a => a.inc(ax)).Hlt();
        using var first = new RealModeVm(code);
        Assert.Equal(VcpuExitReason.Hlt, first.Vcpu.Run().Reason);
        var saved = first.Vcpu.SaveState();

        using var second = new RealModeVm(code);
        Assert.True(second.Vcpu.TryRestoreState(saved));

        Assert.Equal(VcpuExitReason.Hlt, second.Vcpu.Run().Reason);
        Assert.Equal(0x1112UL, second.Vcpu.GetRegisters().rax & 0xFFFF);
    }

    // A vCPU that is stopped between its last instruction and the end that this leads to.
    [KvmFact]
    public unsafe void TryRestoreState_BeforeATripleFault_DoesNotHaveItLater()
    {
        const uint ValidTripleFault = 0x20; // KVM_VCPUEVENT_VALID_TRIPLE_FAULT of asm/kvm.h
        using var vm = new RealModeVm(new Code16().Hlt());
        var saved = vm.Vcpu.SaveState();
        var pending = new kvm_vcpu_events { flags = ValidTripleFault, triple_fault_pending = 1 };

        var result = LibC.ioctl(vm.Vcpu.Descriptor.Number, KvmApi.KVM_SET_VCPU_EVENTS, &pending);
        Assert.Equal(vm.Device.CheckExtension(KvmCapability.TripleFaultEvent) > 0, result >= 0);
        Assert.True(vm.Vcpu.TryRestoreState(saved));

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void TryRestoreState_LeavesNoKickBehind()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        var saved = vm.Vcpu.SaveState();
        vm.Vcpu.Kick();

        Assert.True(vm.Vcpu.TryRestoreState(saved));

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    // Pages of the guest's page tables that the host makes new: KVM must not go by what they said before.
    [KvmFact]
    public void ForgetPageTables_AfterAReset_TheGuestSeesTheNewTables()
    {
        using var device = KvmDevice.Open();
        using var template = MemoryTemplate.Create([new MemoryRange(new GuestPhysAddr(0), 0x10_0000)], memory => Assert.True(
            memory.TryWriteBytes(new GuestPhysAddr(0), new Code16().Asm(a => a.cli()).Label(out var again).Hlt().JmpTo(again).ToArray())));
        using var memory = GuestMemory.Map(template);
        using var vm = device.CreateVm();
        vm.MapMemory(memory);

        for (var round = 0; round < 100; round++)
        {
            vm.ForgetPageTables();
        }

        using var vcpu = vm.CreateVcpu(0);
        var special = vcpu.GetSpecialRegisters();
        (special.cs.@base, special.cs.selector) = (0, 0);
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(new kvm_regs { rflags = 2 });
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        Assert.True(memory.TryWriteBytes(new GuestPhysAddr(0), new Code16().MovAx(0x77).Hlt().ToArray()));
        vm.ForgetPageTables();
        vcpu.SetRegisters(new kvm_regs { rflags = 2 });
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        Assert.Equal(0x77UL, vcpu.GetRegisters().rax);
    }

    private static Code16 Wrmsr(params (uint Index, uint Low)[] writes)
    {
        var code = new Code16();
        foreach (var (index, low) in writes)
        {
            code.Asm(a =>
            {
                a.mov(ecx, index);
                a.mov(eax, low);
                a.xor(edx, edx);
                a.wrmsr();
            });
        }

        return code.Hlt();
    }

    private static IEnumerable<uint> Indices(VcpuState state)
    {
        for (var entry = 8; entry < state.ModelSpecific.Length; entry += 16)
        {
            yield return BitConverter.ToUInt32(state.ModelSpecific, entry);
        }
    }

    // The counter that goes on by itself left out.
    private static List<uint> Differences(VcpuState left, VcpuState right) =>
    [
        .. Indices(left).Where((index, position) => index != 0x10
            && !left.ModelSpecific.AsSpan(8 + (position * 16), 16).SequenceEqual(right.ModelSpecific.AsSpan(8 + (position * 16), 16))),
    ];

    private static byte[] Bytes(kvm_sregs registers) => MemoryMarshal.AsBytes(new ReadOnlySpan<kvm_sregs>(in registers)).ToArray();

    // Through an entry that is kicked at once: what travels in the run page has arrived then.
    private static void AssertSame(VcpuState saved, KvmVcpu vcpu)
    {
        vcpu.CompletePendingIo();
        vcpu.ClearKick();
        Assert.Equal(saved.Registers, vcpu.GetRegisters());
        Assert.Equal(Bytes(saved.SpecialRegisters), Bytes(vcpu.GetSpecialRegisters()));
    }

}
