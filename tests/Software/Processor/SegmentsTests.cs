using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Processor;

/// <summary>Segments: limits, rights, gates, and what asks for them (Intel SDM vol. 3A, chapter 6).</summary>
public sealed class SegmentsTests
{
    // 16 bytes at 0x5000.
    private const ulong Small = 0x0040_9300_5000_000F;

    [Fact]
    public void Load_BeyondTheLimit_RaisesGeneralProtection()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(ax, ProtectedVm.Spare);
            code.mov(es, ax);
            code.mov(eax, __dword_ptr.es[12]);
            code.mov(eax, __dword_ptr.es[13]);
        });
        ProtectedVm.Describe(vm, ProtectedVm.Spare, Small);
        vm.Write(0x500C, 77);

        Assert.Equal((13, 0U), ProtectedVm.RunToFault(vm));
        Assert.Equal(77UL, vm.Vcpu.GetRegisters().rax);
    }

    [Fact]
    public void Load_OfAnExpandDownSegment_ReachesWhatIsAboveTheLimit()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(ax, ProtectedVm.Spare);
            code.mov(es, ax);
            code.mov(eax, __dword_ptr.es[0x1000]);
            code.mov(ebx, __dword_ptr.es[0xFFF]);
        });
        ProtectedVm.Describe(vm, ProtectedVm.Spare, 0x0040_9700_0000_0FFF);

        Assert.Equal((13, 0U), ProtectedVm.RunToFault(vm));
        Assert.Equal(0x1100_003FUL, vm.Vcpu.GetRegisters().rax);
    }

    [Fact]
    public void Store_ToASegmentThatMayOnlyBeRead_RaisesGeneralProtection()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(ax, ProtectedVm.Spare);
            code.mov(es, ax);
            code.mov(__dword_ptr.es[0], eax);
        });
        ProtectedVm.Describe(vm, ProtectedVm.Spare, 0x0040_9100_5000_000F);

        Assert.Equal((13, 0U), ProtectedVm.RunToFault(vm));
    }

    [Theory]
    [InlineData(0x0040_1300_5000_000FUL, 11, ProtectedVm.Spare)]
    [InlineData(0x0040_9900_5000_000FUL, 13, ProtectedVm.Spare)]
    public void LoadOfASelector_WhoseDescriptorDoesNotFit_RaisesItsFault(ulong descriptor, int vector, uint error)
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(ax, ProtectedVm.Spare);
            code.mov(ds, ax);
        });
        ProtectedVm.Describe(vm, ProtectedVm.Spare, descriptor);

        Assert.Equal((vector, error), ProtectedVm.RunToFault(vm));
    }

    [Fact]
    public void LoadOfASelector_OutsideTheTable_RaisesGeneralProtection()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(ax, 0x1230);
            code.mov(fs, ax);
        });

        Assert.Equal((13, 0x1230U), ProtectedVm.RunToFault(vm));
    }

    [Fact]
    public void LoadOfASelector_MarksItsDescriptorAsAccessed()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(ax, ProtectedVm.Spare);
            code.mov(gs, ax);
            code.hlt();
        });
        ProtectedVm.Describe(vm, ProtectedVm.Spare, 0x0040_9200_5000_000F);

        vm.RunToHlt();

        Assert.Equal(0x93, vm.Read<byte>(ProtectedVm.Descriptors + ProtectedVm.Spare + 5));
    }

    // Two parameters travel to the stack of ring 0, and RETF drops them from both.
    [Fact]
    public void CallThroughAGate_FromRing3_SwitchesStacksAndComesBack()
    {
        using var vm = ProtectedVm.Create(code => ProtectedVm.EnterRing3(code, 0x600));
        ProtectedVm.Describe(vm, ProtectedVm.Spare, 0x700 | (ProtectedVm.KernelCode << 16) | (0xEC02UL << 32));
        vm.Write(0x600, SoftwareVm.Assemble(32, code =>
        {
            code.push(0x11);
            code.push(0x22);
            code.call(ProtectedVm.Spare | 3, 0U);
            code.mov(esi, esp);
            code.hlt();
        }, 0x600));
        vm.Write(0x700, SoftwareVm.Assemble(32, code =>
        {
            code.mov(ebx, __dword_ptr[esp + 8]);
            code.mov(ecx, __dword_ptr[esp + 12]);
            code.mov(edi, esp);
            code.retf(8);
        }, 0x700));

        // HLT in ring 3 faults.
        Assert.Equal((13, 0U), ProtectedVm.RunToFault(vm));
        var registers = vm.Vcpu.GetRegisters();
        Assert.Equal((0x22UL, 0x11UL), (registers.rbx, registers.rcx));
        Assert.Equal((0x7000UL - 24, 0x9000UL), (registers.rdi, registers.rsi));
    }

    [Fact]
    public void Lar_OfAVisibleSegment_TellsItsRights()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(eax, (uint)ProtectedVm.KernelCode);
            code.lar(ebx, eax);
            code.lsl(ecx, eax);
            code.mov(edx, 0x1230);
            code.lsl(edi, edx);
            code.hlt();
        });

        var registers = vm.RunToHlt().Vcpu.GetRegisters();

        Assert.Equal((0x00CF_9B00UL, 0xFFFF_FFFFUL), (registers.rbx, registers.rcx));
        Assert.Equal(0UL, registers.rflags & 0x40);
    }

    [Theory]
    [InlineData(0x9, false, VcpuExitReason.Hlt)]
    [InlineData(0x9, true, VcpuExitReason.Shutdown)]
    [InlineData(0x2, false, VcpuExitReason.Hlt)]
    [InlineData(0x2, true, VcpuExitReason.Shutdown)]
    public void Load_OfASystemDescriptorOf64Bits_NeedsACanonicalBase(int type, bool isBeyond, VcpuExitReason expected)
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(ax, 0x38);
            if (type == 9)
            {
                code.ltr(ax);
            }
            else
            {
                code.lldt(ax);
            }

            code.hlt();
        });
        var table = vm.Vcpu.GetSpecialRegisters().gdt.@base;
        vm.Write(table + 0x38, 0x0000_8000_4000_0067UL | ((ulong)type << 40));
        vm.Write(table + 0x40, isBeyond ? 0x8000UL : 0x7FFFUL);

        // There are no handlers.
        Assert.Equal(expected, vm.Vcpu.Run().Reason);
    }

    [Theory]
    [InlineData(0UL, VcpuExitReason.Hlt)]
    [InlineData(0x0000_9200_0000_0000UL, VcpuExitReason.Shutdown)]
    public void CallThroughAGateOf64Bits_NeedsAnUpperHalfThatIsNoDescriptor(ulong upper, VcpuExitReason expected)
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code => code.call(__fword_ptr[0x1000]));
        var table = vm.Vcpu.GetSpecialRegisters().gdt.@base;
        vm.Write(0x1004, (ushort)0x38);
        vm.Write(table + 0x38, 0x0000_8C00_0008_0700UL);
        vm.Write(table + 0x40, upper);
        vm.Write(0x700, (byte)0xF4);

        // There are no handlers.
        Assert.Equal(expected, vm.Vcpu.Run().Reason);
    }

    [Fact]
    public void Out_FromRing3_GoesByTheMapOfPorts()
    {
        using var vm = ProtectedVm.Create(code => ProtectedVm.EnterRing3(code, 0x600));
        vm.Write(0x600, SoftwareVm.Assemble(32, code =>
        {
            code.@out(0x12, al);
            code.@out(0x11, ax);
        }, 0x600));

        // Ports 0x10 to 0x17, of which 0x11 is forbidden, and what has to be behind a map.
        ProtectedVm.Describe(vm, ProtectedVm.TaskSelector, 0x0000_8900_1200_006B);
        vm.Write(ProtectedVm.Task + 0x6A, 0xFF02U);

        Assert.Equal(0x12, vm.Vcpu.Run().Io.Port);
        Assert.Equal((13, 0U), ProtectedVm.RunToFault(vm));
    }

    [Fact]
    public void SegmentsOfRealMode_AfterProtectedMode_KeepTheirLimits()
    {
        using var vm = new SoftwareVm(BootProtocol.Real16, code =>
        {
            code.lgdt(__[0x1000]);
            code.mov(eax, cr0);
            code.or(eax, 1);
            code.mov(cr0, eax);
            code.mov(bx, 8);
            code.mov(es, bx);
            code.and(eax, -2);
            code.mov(cr0, eax);
            code.xor(bx, bx);
            code.mov(es, bx);
            code.mov(ecx, __dword_ptr.es[edi]);
            code.hlt();
        });
        vm.Write(0x1000, (ushort)0xF);
        vm.Write(0x1002, 0x1100);
        vm.Write(0x1108, 0x008F_9300_0000_FFFFUL);
        vm.Write(0x9_0000, 0xABCD);
        var registers = vm.Vcpu.GetRegisters();
        registers.rdi = 0x9_0000;
        vm.Vcpu.SetRegisters(registers);

        Assert.Equal(0xABCDUL, vm.RunToHlt().Vcpu.GetRegisters().rcx);
    }

    // AAA, DAA, AAM, AAD, in the only mode that has them.
    [Fact]
    public void DecimalAdjustments_GiveDecimalDigits()
    {
        using var vm = ProtectedVm.Create(code =>
        {
            code.mov(al, 0x19);
            code.add(al, 0x28);
            code.daa();
            code.movzx(ebx, al);
            code.mov(al, 63);
            code.aam(10);
            code.movzx(ecx, ax);
            code.aad(10);
            code.movzx(edx, ax);
            code.mov(ax, 8);
            code.add(al, 5);
            code.aaa();
            code.movzx(esi, ax);
            code.mov(al, 0x35);
            code.sub(al, 0x47);
            code.das();
            code.movzx(edi, al);
            code.hlt();
        });

        var r = vm.RunToHlt().Vcpu.GetRegisters();

        Assert.Equal((0x47UL, 0x0603UL, 63UL, 0x0103UL, 0x88UL), (r.rbx, r.rcx, r.rdx, r.rsi, r.rdi));
        Assert.Equal(1UL, r.rflags & 1);
    }
}
