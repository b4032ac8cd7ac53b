using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Interop.Tests.Kvm;

public class KvmVcpuTests
{
    [KvmFact]
    public void SetRegisters_EveryGeneralRegister_ReadsBack()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        ulong[] different = [.. Enumerable.Range(1, Unsafe.SizeOf<kvm_regs>() / sizeof(ulong)).Select(number => (ulong)number)];
        var registers = MemoryMarshal.Cast<ulong, kvm_regs>(different)[0];
        registers.rflags = 2;

        vm.Vcpu.SetRegisters(registers);

        Assert.Equal(registers, vm.Vcpu.GetRegisters());
    }

    [KvmFact]
    public void SetSpecialRegisters_LongModeWithoutPae_IsEinvalAndNamesTheVcpu()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        var special = vm.Vcpu.GetSpecialRegisters();
        special.cr0 |= 0x8000_0001;
        special.efer |= 0x500;
        special.cr4 = 0;

        var error = Assert.Throws<KvmException>(() => vm.Vcpu.SetSpecialRegisters(special));

        Assert.Equal(("KVM_SET_SREGS", Errno.EINVAL), (error.Operation, error.Errno));
        Assert.Contains("vCPU 0", error.Message, StringComparison.Ordinal);
    }

    [KvmTheory]
    [InlineData(1)]
    [InlineData(4)]
    public void GetExitRegisters_AfterAnyExit_EqualsGetRegisters(int size)
    {
        var code = new Code16().MovEax(0x1234_5678).MovDx(0x80).OutDx(size).MovCx(7).InDx(size).MovDs(0x8000).Store(2, 0).Hlt();
        using var vm = new RealModeVm(code);

        for (var reason = VcpuExitReason.Unknown; reason != VcpuExitReason.Hlt;)
        {
            reason = vm.Vcpu.Run().Reason;
            Assert.Equal(vm.Vcpu.GetRegisters(), vm.Vcpu.GetExitRegisters());
        }

        Assert.Equal(7UL, vm.Vcpu.GetExitRegisters().rcx);
    }

    [KvmFact]
    public void SetRax_AfterAnOut_TheGuestSeesItWhole()
    {
        var code = new Code16().MovCx(3).MovEax(1).MovDx(0x8010).OutDx(4).Store(4, 0x1000).Hlt();
        using var vm = new RealModeVm(code);
        vm.Vcpu.Run();

        vm.Vcpu.SetRax(ulong.MaxValue - 1);

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(ulong.MaxValue - 1, vm.Vcpu.GetRegisters().rax);
        Assert.True(vm.Memory.TryRead(new GuestPhysAddr(0x1000), out uint stored));
        Assert.Equal(0xFFFF_FFFE, stored);
        Assert.Equal(3UL, vm.Vcpu.GetRegisters().rcx);
    }

    [KvmFact]
    public void SetRax_AfterSomeExitsOnly_ChangesThoseAlone()
    {
        // mov eax, 5; out; mov ebx, eax; mov eax, 6; out; hlt
        var code = new Code16().MovDx(0x8010).MovEax(5).OutDx(4).Asm(a => a.mov(ebx, eax)).MovEax(6).OutDx(4).Hlt();
        using var vm = new RealModeVm(code);

        vm.Vcpu.Run();
        vm.Vcpu.SetRax(99);
        vm.Vcpu.Run();
        vm.Vcpu.Run();

        Assert.Equal((99UL, 6UL), (vm.Vcpu.GetRegisters().rbx, vm.Vcpu.GetRegisters().rax));
    }

    [KvmFact]
    public void SetRax_ThenAKickBeforeTheEntry_IsNotLost()
    {
        using var vm = new RealModeVm(new Code16().MovEax(1).MovDx(0x8010).OutDx(4).MovCx(1).Hlt());
        vm.Vcpu.Run();
        vm.Vcpu.SetRax(77);

        vm.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
        Assert.Equal((77UL, 0UL), (vm.Vcpu.GetRegisters().rax, vm.Vcpu.GetRegisters().rcx));
        vm.Vcpu.ClearKick();

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal((77UL, 1UL), (vm.Vcpu.GetRegisters().rax, vm.Vcpu.GetRegisters().rcx));
    }

    [KvmFact]
    public void CompletePendingIo_AfterAnIn_FinishesTheInstructionAndNoMore()
    {
        var code = new Code16().MovEax(0).MovDx(0x60).InDx(1).Label(out var afterIn).MovCx(0x77).Hlt();
        using var vm = new RealModeVm(code);
        vm.Vcpu.Run().Io.Data[0] = 0x5A;

        vm.Vcpu.CompletePendingIo();

        var registers = vm.Vcpu.GetRegisters();
        Assert.Equal((0x5AUL, code.AddressOf(afterIn), 0UL), (registers.rax, registers.rip, registers.rcx));
        Assert.Equal(registers, vm.Vcpu.GetExitRegisters());
    }

    [KvmFact]
    public void CompletePendingIo_LeavesTheKickPending()
    {
        using var vm = new RealModeVm(new Code16().MovDx(0x60).InDx(1).Hlt());
        vm.Vcpu.Run();
        vm.Vcpu.CompletePendingIo();

        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
        vm.Vcpu.ClearKick();
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void CompletePendingIo_AfterAnMmioLoad_FinishesIt()
    {
        using var vm = new RealModeVm(new Code16().MovDs(0x8000).MovEax(0).Load(4, 0).MovCx(1).Hlt());
        BitConverter.TryWriteBytes(vm.Vcpu.Run().Mmio.Data, 0xCAFE_F00D);

        vm.Vcpu.CompletePendingIo();

        Assert.Equal((0xCAFE_F00DUL, 0UL), (vm.Vcpu.GetRegisters().rax, vm.Vcpu.GetRegisters().rcx));
    }

    // The first call asks KVM; the second reads the run page where KVM keeps it there.
    [KvmFact]
    public void GetExitCr3_WhileTheGuestChangesIt_IsTheCurrentOne()
    {
        var code = new Code16().MovDx(0x80);
        foreach (var cr3 in (ReadOnlySpan<uint>)[0x1000, 0x2000, 0x3000])
        {
            code.MovEax(cr3).MovCr3Eax().OutDx(1);
        }

        using var vm = new RealModeVm(code.Hlt());
        var seen = new List<ulong>();
        for (var exit = vm.Vcpu.Run(); exit.Reason == VcpuExitReason.Io; exit = vm.Vcpu.Run())
        {
            seen.Add(vm.Vcpu.GetExitCr3());
        }

        Assert.Equal([0x1000UL, 0x2000, 0x3000], seen);
    }

    [KvmFact]
    public void GetExitCr3_TwiceAtOneExit_IsTheSame()
    {
        using var vm = new RealModeVm(new Code16().MovEax(0x5000).MovCr3Eax().OutDx(1).Hlt());
        vm.Vcpu.Run();

        Assert.Equal((0x5000UL, 0x5000UL), (vm.Vcpu.GetExitCr3(), vm.Vcpu.GetExitCr3()));
        Assert.Equal(vm.Vcpu.GetSpecialRegisters().cr3, vm.Vcpu.GetExitCr3());
    }

    [KvmFact]
    public void Dispose_Twice_DoesNoHarm()
    {
        using var vm = new RealModeVm(new Code16().Hlt());

        vm.Vcpu.Dispose();
        vm.Vcpu.Dispose();
    }
}
