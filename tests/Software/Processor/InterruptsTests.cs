using Iced.Intel;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Software.Tests.Differential;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Processor;

/// <summary>Interrupts and exceptions in each mode, through their tables, onto their stacks, back again.</summary>
public sealed class InterruptsTests
{
    [Fact]
    public void Int_InRealMode_GoesThroughItsTableAndBack()
    {
        using var vm = new SoftwareVm(BootProtocol.Real16, code =>
        {
            code.mov(sp, 0x4000);
            code.mov(__word_ptr[0x21 * 4], 0x200);
            code.mov(__word_ptr[(0x21 * 4) + 2], 0x10);
            code.sti();
            code.@int(0x21);
            code.mov(cx, 7);
            code.hlt();
        });
        vm.Write(0x300, SoftwareVm.Assemble(16, code =>
        {
            code.mov(bx, 5);
            code.pushf();
            code.pop(dx);
            code.iret();
        }));

        var registers = vm.RunToHlt().Vcpu.GetRegisters();

        Assert.Equal((5UL, 7UL, 0x4000UL), (registers.rbx & 0xFFFF, registers.rcx & 0xFFFF, registers.rsp & 0xFFFF));
        Assert.Equal((0UL, 0x200UL), (registers.rdx & 0x200, registers.rflags & 0x200));
    }

    // A 32-bit kernel enters ring 3 by IRET and comes back by an interrupt gate, onto the stack of its TSS.
    [Fact]
    public void Int_FromRing3OfProtectedMode_SwitchesToTheStackOfRing0()
    {
        using var vm = new SoftwareVm(BootProtocol.Protected32, code =>
        {
            code.mov(esp, 0x8000);
            code.lgdt(__[0x1000]);
            code.lidt(__[0x1010]);
            code.mov(ax, 0x28);
            code.ltr(ax);
            code.push(0x23);
            code.push(0x9000);
            code.pushfd();
            code.push(0x1B);
            code.push(0x600);
            code.iretd();
        });
        DescribeSegments(vm);
        vm.Write(0x600, SoftwareVm.Assemble(32, code =>
        {
            code.mov(eax, 0x1234);
            code.@int(0x40);
        }));
        vm.Write(0x500, [0xF4]);
        Gate32(vm, 0x40, 0x500, dpl: 3);

        var registers = vm.RunToHlt().Vcpu.GetRegisters();
        var special = vm.Vcpu.GetSpecialRegisters();

        Assert.Equal((0x1234UL, 0x7000UL - 20), (registers.rax, registers.rsp));
        Assert.Equal((0x08, 0x10), (special.cs.selector, special.ss.selector));
        Assert.Equal((0x23U, 0x9000U, 0x1BU), (vm.Read<uint>(0x6FFC), vm.Read<uint>(0x6FF8), vm.Read<uint>(0x6FF0)));
        Assert.Equal(0x607U, vm.Read<uint>(0x6FEC));
    }

    [Fact]
    public void Int_ThroughAGateForRing0Alone_RaisesGeneralProtection()
    {
        var result = Ring3.Run(code => code.@int(0x40));

        Assert.Equal((13, (0x40UL * 8) | 2, RingThree.Code), (result.Vector, result.ErrorCode, result.Registers.rip));
    }

    [Fact]
    public void Int3_FromRing3_IsATrap()
    {
        var result = Ring3.Run(code => code.int3());

        Assert.Equal((3, RingThree.Code + 1), (result.Vector, result.Registers.rip));
    }

    [Fact]
    public void Hlt_FromRing3_RaisesGeneralProtection() => Assert.Equal((13, 0UL), Fault(code => code.hlt()));

    [Fact]
    public void PageFault_FromRing3_PushesItsErrorCode() =>
        Assert.Equal((14, 4UL), Fault(code => code.mov(eax, __dword_ptr[RingThree.Unmapped])));

    [Fact]
    public void Out_FromRing3WithoutAnIoMap_RaisesGeneralProtection() => Assert.Equal((13, 0UL), Fault(code => code.@out(0x80, al)));

    // The handler of the page fault is not present, and neither is that of the double fault.
    [Fact]
    public void PageFault_WithoutAnyHandler_ShutsDown()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code => code.mov(rax, __qword_ptr[0x4000_0000]));

        Assert.Equal(VcpuExitReason.Shutdown, vm.Vcpu.Run().Reason);
    }

    // A page fault whose handler's descriptor is no gate: a double fault, with its own.
    [Fact]
    public void PageFault_WhoseGateFaults_RaisesDoubleFault()
    {
        using var vm = new SoftwareVm(BootProtocol.Protected32, code =>
        {
            code.mov(esp, 0x8000);
            code.lgdt(__[0x1000]);
            code.lidt(__[0x1010]);
            code.xor(edx, edx);
            code.div(edx);
        });
        DescribeSegments(vm);
        vm.Write(0x500, [0xF4]);
        Gate32(vm, 8, 0x500, dpl: 0);

        Assert.Equal(0x501UL, vm.RunToHlt().Vcpu.GetRegisters().rip);
        Assert.Equal(0U, vm.Read<uint>(vm.Vcpu.GetRegisters().rsp));
    }

    [Fact]
    public void Syscall_FromRing3_EntersTheKernel()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            SetMsr(code, 0xC000_0081, 0x0020_0008_0000_0000);
            SetMsr(code, 0xC000_0082, 0x800);
            SetMsr(code, 0xC000_0084, 0x200);
            code.mov(rcx, 0x60_0000 / 2);
            code.mov(r11, 0x202);
            code.sysretq();
        });

        // Ring 3 may execute this page.
        vm.Write(MemoryLayout.Pml4 + 0x2000 + 8, 0x20_0000UL | 0x87);
        vm.Write(0x30_0000, SoftwareVm.Assemble(64, code => code.syscall()));
        vm.Write(0x800, [0xF4]);

        var registers = vm.RunToHlt().Vcpu.GetRegisters();
        var special = vm.Vcpu.GetSpecialRegisters();

        Assert.Equal((0x30_0002UL, 0x202UL, 2UL), (registers.rcx, registers.r11, registers.rflags));
        Assert.Equal((0x08, 0x10, 0), (special.cs.selector, special.ss.selector, special.ss.dpl));
    }

    private static (int Vector, ulong Error) Fault(Action<Assembler> code)
    {
        var result = Ring3.Run(code);
        return (result.Vector, result.ErrorCode);
    }

    private static void SetMsr(Assembler code, uint number, ulong value)
    {
        code.mov(ecx, number);
        code.mov(eax, (uint)value);
        code.mov(edx, (uint)(value >> 32));
        code.wrmsr();
    }

    // Flat segments for both rings at 0x1100, a TSS at 0x1200 whose ring-0 stack ends at 0x7000, gates at 0x2000.
    private static void DescribeSegments(SoftwareVm vm)
    {
        vm.Write(0x1000, (ushort)0x2F);
        vm.Write(0x1002, 0x1100);
        vm.Write(0x1010, (ushort)0x7FF);
        vm.Write(0x1012, 0x2000);
        vm.Write(0x1108, 0x00CF_9B00_0000_FFFFUL);
        vm.Write(0x1110, 0x00CF_9300_0000_FFFFUL);
        vm.Write(0x1118, 0x00CF_FB00_0000_FFFFUL);
        vm.Write(0x1120, 0x00CF_F300_0000_FFFFUL);
        vm.Write(0x1128, 0x0000_8900_1200_0067UL);
        vm.Write(0x1204, 0x7000);
        vm.Write(0x1208, 0x10);
    }

    private static void Gate32(SoftwareVm vm, ulong vector, uint handler, int dpl) =>
        vm.Write(0x2000 + (vector * 8), handler | (0x08UL << 16) | (0x8E00UL << 32) | ((ulong)dpl << 45));
}
