using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <summary>A processor's registers as KVM writes them down.</summary>
internal static class RegisterFile
{
    /// <summary>The general registers.</summary>
    public static kvm_regs GetGeneral(Cpu cpu) => new()
    {
        rax = cpu.Regs[Gpr.Rax],
        rbx = cpu.Regs[Gpr.Rbx],
        rcx = cpu.Regs[Gpr.Rcx],
        rdx = cpu.Regs[Gpr.Rdx],
        rsi = cpu.Regs[Gpr.Rsi],
        rdi = cpu.Regs[Gpr.Rdi],
        rsp = cpu.Regs[Gpr.Rsp],
        rbp = cpu.Regs[Gpr.Rbp],
        r8 = cpu.Regs[Gpr.R8],
        r9 = cpu.Regs[Gpr.R9],
        r10 = cpu.Regs[Gpr.R10],
        r11 = cpu.Regs[Gpr.R11],
        r12 = cpu.Regs[Gpr.R12],
        r13 = cpu.Regs[Gpr.R13],
        r14 = cpu.Regs[Gpr.R14],
        r15 = cpu.Regs[Gpr.R15],
        rip = cpu.Rip,
        rflags = cpu.Flags,
    };

    /// <summary>Sets the general registers.</summary>
    public static void SetGeneral(Cpu cpu, in kvm_regs from)
    {
        (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rbx], cpu.Regs[Gpr.Rcx], cpu.Regs[Gpr.Rdx]) = (from.rax, from.rbx, from.rcx, from.rdx);
        (cpu.Regs[Gpr.Rsi], cpu.Regs[Gpr.Rdi], cpu.Regs[Gpr.Rsp], cpu.Regs[Gpr.Rbp]) = (from.rsi, from.rdi, from.rsp, from.rbp);
        (cpu.Regs[Gpr.R8], cpu.Regs[Gpr.R9], cpu.Regs[Gpr.R10], cpu.Regs[Gpr.R11]) = (from.r8, from.r9, from.r10, from.r11);
        (cpu.Regs[Gpr.R12], cpu.Regs[Gpr.R13], cpu.Regs[Gpr.R14], cpu.Regs[Gpr.R15]) = (from.r12, from.r13, from.r14, from.r15);
        cpu.Rip = from.rip;
        cpu.SetFlags(from.rflags);
        cpu.RefreshMode();
    }

    /// <summary>The segment and control registers.</summary>
    public static kvm_sregs GetSpecial(Cpu cpu) => new()
    {
        cs = Get(cpu, Seg.Cs),
        ds = Get(cpu, Seg.Ds),
        es = Get(cpu, Seg.Es),
        fs = Get(cpu, Seg.Fs),
        gs = Get(cpu, Seg.Gs),
        ss = Get(cpu, Seg.Ss),
        tr = Get(cpu, Seg.Tr),
        ldt = Get(cpu, Seg.Ldt),
        gdt = new kvm_dtable { @base = cpu.Gdt.Base, limit = cpu.Gdt.Limit },
        idt = new kvm_dtable { @base = cpu.Idt.Base, limit = cpu.Idt.Limit },
        cr0 = cpu.Control0,
        cr2 = cpu.Cr2,
        cr3 = cpu.Control3,
        cr4 = cpu.Control4,
        cr8 = cpu.Cr8,
        efer = cpu.ExtendedFeatures,
        apic_base = cpu.Apic,
    };

    /// <summary>Whether a processor can be in the mode that control registers say (Intel SDM vol. 3A, section 2.5 and figure 4-1).</summary>
    public static bool IsPossible(in kvm_sregs registers)
    {
        var isPaged = (registers.cr0 & Cr0.Paging) != 0;
        if (registers.cr0 >> 32 != 0 || (isPaged && (registers.cr0 & Cr0.ProtectionEnable) == 0))
        {
            return false;
        }

        var isActive = (registers.efer & Efer.LongModeActive) != 0;
        return isPaged && (registers.efer & Efer.LongModeEnable) != 0
            ? isActive && (registers.cr4 & Cr4.PhysicalAddressExtension) != 0
            : !isActive;
    }

    /// <summary>Sets the segment and control registers.</summary>
    public static void SetSpecial(Cpu cpu, in kvm_sregs from)
    {
        Set(cpu, Seg.Cs, from.cs);
        Set(cpu, Seg.Ds, from.ds);
        Set(cpu, Seg.Es, from.es);
        Set(cpu, Seg.Fs, from.fs);
        Set(cpu, Seg.Gs, from.gs);
        Set(cpu, Seg.Ss, from.ss);
        Set(cpu, Seg.Tr, from.tr);
        Set(cpu, Seg.Ldt, from.ldt);
        cpu.Gdt = new DescriptorTable { Base = from.gdt.@base, Limit = from.gdt.limit };
        cpu.Idt = new DescriptorTable { Base = from.idt.@base, Limit = from.idt.limit };
        (cpu.Cr2, cpu.Cr8, cpu.Apic) = (from.cr2, from.cr8, from.apic_base);
        cpu.SetControl(from.cr0, from.cr3, from.cr4, from.efer);

        // The stack's privilege is the processor's.
        cpu.SetCpl(from.ss.dpl & 3);
        cpu.RefreshMode();
    }

    private static kvm_segment Get(Cpu cpu, Seg segment)
    {
        ref readonly var register = ref cpu.Segments[(int)segment];
        return new kvm_segment
        {
            @base = register.Base,
            limit = register.Limit,
            selector = register.Selector,
            type = (byte)register.Type,
            s = Bit(register.Access, 4),
            dpl = (byte)register.Dpl,
            present = Bit(register.Access, 7),
            avl = Bit(register.Access, 12),
            l = Bit(register.Access, 13),
            db = Bit(register.Access, 14),
            g = Bit(register.Access, 15),
            unusable = register.IsUnusable ? (byte)1 : (byte)0,
        };
    }

    private static void Set(Cpu cpu, Seg segment, in kvm_segment from)
    {
        var access = (from.type & 0xF) | ((from.s & 1) << 4) | ((from.dpl & 3) << 5) | ((from.present & 1) << 7)
            | ((from.avl & 1) << 12) | ((from.l & 1) << 13) | ((from.db & 1) << 14) | ((from.g & 1) << 15);
        cpu.Segments[(int)segment] = new SegmentRegister
        {
            Selector = from.selector,
            Base = from.@base,
            Limit = from.limit,
            Access = (ushort)access,
            IsUnusable = from.unusable != 0 || from.present == 0,
        };
    }

    /// <summary>The x87 and SSE registers as FXSAVE64 stores them (Intel SDM vol. 1, table 10-2).</summary>
    public static byte[] GetFloatingPoint(Cpu cpu)
    {
        const int Bytes = 512, RegistersAt = 32, XmmAt = 160;
        var image = new byte[Bytes];
        var x87 = cpu.X87;
        BinaryPrimitives.WriteUInt16LittleEndian(image, x87.Control);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(2), x87.StatusWord);
        image[4] = (byte)~x87.EmptyMask;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(6), x87.LastOpcode);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(8), x87.LastInstruction);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(16), x87.LastOperand);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(24), cpu.Mxcsr);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(28), Cpu.MxcsrMask);
        for (var index = 0; index < x87.Significands.Length; index++)
        {
            var register = (x87.Top + index) & 7;
            var target = image.AsSpan(RegistersAt + (16 * index));
            BinaryPrimitives.WriteUInt64LittleEndian(target, x87.Significands[register]);
            BinaryPrimitives.WriteUInt16LittleEndian(target[8..], x87.SignExponents[register]);
        }

        for (var index = 0; index < cpu.Xmm.Length; index++)
        {
            cpu.Xmm[index].CopyTo(image.AsSpan(XmmAt + (16 * index)));
        }

        return image;
    }

    private static byte Bit(int value, int bit) => (byte)((value >> bit) & 1);
}
