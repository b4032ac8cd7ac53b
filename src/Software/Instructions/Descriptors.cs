using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Descriptor tables, and asking what a selector is good for.</summary>
internal static class Descriptors
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Lgdt, static (Cpu cpu, in Op op) => LoadTable(cpu, op, ref cpu.Gdt));
        table.Add(Mnemonic.Lidt, static (Cpu cpu, in Op op) => LoadTable(cpu, op, ref cpu.Idt));
        table.Add(Mnemonic.Sgdt, static (Cpu cpu, in Op op) => StoreTable(cpu, op, cpu.Gdt));
        table.Add(Mnemonic.Sidt, static (Cpu cpu, in Op op) => StoreTable(cpu, op, cpu.Idt));
        table.Add(Mnemonic.Lldt, LoadLocal);
        table.Add(Mnemonic.Ltr, LoadTask);
        table.Add(Mnemonic.Sldt, static (Cpu cpu, in Op op) => StoreSelector(cpu, op, Seg.Ldt));
        table.Add(Mnemonic.Str, static (Cpu cpu, in Op op) => StoreSelector(cpu, op, Seg.Tr));
        table.Add(Mnemonic.Lar, LoadAccess);
        table.Add(Mnemonic.Lsl, LoadLimit);
        table.Add(Mnemonic.Verr, static (Cpu cpu, in Op op) => Verify(cpu, op, forWrite: false));
        table.Add(Mnemonic.Verw, static (Cpu cpu, in Op op) => Verify(cpu, op, forWrite: true));
        table.Add(Mnemonic.Arpl, AdjustPrivilege);
    }

    /// <summary>Raises #GP where CR4.UMIP keeps user mode from looking at the system's registers.</summary>
    public static void CheckUserMode(Cpu cpu)
    {
        if (cpu.Cpl > 0 && (cpu.Control4 & Cr4.Umip) != 0)
        {
            throw cpu.GeneralProtection();
        }
    }

    private static void LoadTable(Cpu cpu, in Op op, ref DescriptorTable table)
    {
        SystemMoves.RequireSupervisor(cpu);
        var linear = cpu.LinearOf(op, cpu.Is64Bit ? 10 : 6, forWrite: false);
        var limit = cpu.Read<ushort>(linear, op.Segment);
        var address = cpu.Is64Bit ? cpu.Read<ulong>(linear + 2, op.Segment) : cpu.Read<uint>(linear + 2, op.Segment);
        if (cpu.Is64Bit && !Cpu.IsCanonical(address))
        {
            throw cpu.GeneralProtection();
        }

        // With a 16-bit operand the base has 24 bits.
        table.Base = op.Code is Code.Lgdt_m1632_16 or Code.Lidt_m1632_16 ? address & 0xFF_FFFF : address;
        table.Limit = limit;
    }

    private static void StoreTable(Cpu cpu, in Op op, in DescriptorTable table)
    {
        CheckUserMode(cpu);
        var bytes = cpu.Is64Bit ? 10 : 6;
        var linear = cpu.LinearOf(op, bytes, forWrite: true);
        cpu.CheckWrite(linear, op.Segment, bytes);
        cpu.Write(linear, op.Segment, table.Limit);
        cpu.Write(linear + 2, op.Segment, cpu.Is64Bit ? 8 : 4, table.Base);
    }

    private static void RequireProtected(Cpu cpu)
    {
        if (cpu.HasRealSegments)
        {
            throw cpu.InvalidOpcode();
        }
    }

    private static void LoadLocal(Cpu cpu, in Op op)
    {
        RequireProtected(cpu);
        SystemMoves.RequireSupervisor(cpu);
        var selector = (ushort)cpu.Get(op, op.A, 2);
        if ((selector & 0xFFFC) == 0)
        {
            cpu.Segments[(int)Seg.Ldt] = new SegmentRegister { Selector = selector, Access = 0x82, IsUnusable = true };
            return;
        }

        var descriptor = ReadGlobal(cpu, selector, static descriptor => descriptor.Type == 2);
        cpu.Segments[(int)Seg.Ldt] = descriptor.ToRegister(selector);
    }

    private static void LoadTask(Cpu cpu, in Op op)
    {
        RequireProtected(cpu);
        SystemMoves.RequireSupervisor(cpu);
        var selector = (ushort)cpu.Get(op, op.A, 2);
        if ((selector & 0xFFFC) == 0)
        {
            throw cpu.GeneralProtection();
        }

        var isLong = cpu.IsLongMode;
        var descriptor = ReadGlobal(cpu, selector, descriptor => descriptor.Type == 9 || (descriptor.Type == 1 && !isLong));
        cpu.SetDescriptorType(selector, 2, true);
        var register = descriptor.ToRegister(selector);
        register.Access |= 2;
        cpu.Segments[(int)Seg.Tr] = register;
    }

    private static Descriptor ReadGlobal(Cpu cpu, ushort selector, Predicate<Descriptor> isRight)
    {
        var error = selector & 0xFFFCU;
        if ((selector & 4) != 0 || !cpu.TryReadDescriptor(selector, out var descriptor) || descriptor.IsCodeOrData || !isRight(descriptor))
        {
            throw cpu.GeneralProtection(error);
        }

        if (!descriptor.IsPresent)
        {
            throw cpu.Fault(Vector.SegmentNotPresent, error);
        }

        // In long mode these descriptors have bases of 64 bits.
        return Cpu.IsCanonical(descriptor.Base) ? descriptor : throw cpu.GeneralProtection(error);
    }

    private static void StoreSelector(Cpu cpu, in Op op, Seg segment)
    {
        RequireProtected(cpu);
        CheckUserMode(cpu);
        cpu.Set(op, op.A, op.A.IsMemory ? 2 : op.Size, cpu.Segments[(int)segment].Selector);
    }

    private static void LoadAccess(Cpu cpu, in Op op)
    {
        RequireProtected(cpu);
        var selector = (ushort)cpu.Get(op, op.B, 2);
        var isVisible = IsVisible(cpu, selector, isForLimit: false, out var descriptor);
        if (isVisible)
        {
            cpu.SetA(op, (descriptor.Low >> 32) & 0xFF_FF00);
        }

        cpu.SetStatus(Rflags.Zero, isVisible ? Rflags.Zero : 0);
    }

    private static void LoadLimit(Cpu cpu, in Op op)
    {
        RequireProtected(cpu);
        var selector = (ushort)cpu.Get(op, op.B, 2);
        var isVisible = IsVisible(cpu, selector, isForLimit: true, out var descriptor);
        if (isVisible)
        {
            cpu.SetA(op, descriptor.Limit);
        }

        cpu.SetStatus(Rflags.Zero, isVisible ? Rflags.Zero : 0);
    }

    private static bool IsVisible(Cpu cpu, ushort selector, bool isForLimit, out Descriptor descriptor)
    {
        descriptor = default;
        if ((selector & 0xFFFC) == 0 || !cpu.TryReadDescriptor(selector, out descriptor))
        {
            return false;
        }

        var isRightType = descriptor.IsCodeOrData || (descriptor.Type, cpu.IsLongMode, isForLimit) switch
        {
            (2 or 9 or 11, _, _) => true,
            (1 or 3, false, _) => true,
            (12, _, false) => true,
            (4 or 5, false, false) => true,
            _ => false,
        };
        return isRightType && (descriptor.IsConforming || (descriptor.Dpl >= cpu.Cpl && descriptor.Dpl >= (selector & 3)));
    }

    private static void Verify(Cpu cpu, in Op op, bool forWrite)
    {
        RequireProtected(cpu);
        var selector = (ushort)cpu.Get(op, op.A, 2);
        var isGood = (selector & 0xFFFC) != 0
            && cpu.TryReadDescriptor(selector, out var descriptor)
            && (forWrite ? descriptor.IsWritable : descriptor.IsReadable)
            && ((!forWrite && descriptor.IsConforming) || (descriptor.Dpl >= cpu.Cpl && descriptor.Dpl >= (selector & 3)));
        cpu.SetStatus(Rflags.Zero, isGood ? Rflags.Zero : 0);
    }

    private static void AdjustPrivilege(Cpu cpu, in Op op)
    {
        RequireProtected(cpu);
        var target = cpu.GetToChange(op);
        var level = cpu.Get(op, op.B, 2) & 3;
        var adjusts = (target & 3) < level;
        if (adjusts)
        {
            cpu.SetA(op, (target & ~3UL) | level);
        }

        cpu.SetStatus(Rflags.Zero, adjusts ? Rflags.Zero : 0);
    }
}
