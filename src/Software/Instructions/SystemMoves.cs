using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Segment, control and debug registers.</summary>
internal static class SystemMoves
{
    /// <summary>Says what executes them; MOV itself is <see cref="Moves"/>'s.</summary>
    public static void Register(HandlerTable table)
    {
        foreach (var (mnemonic, segment) in (ReadOnlySpan<(Mnemonic, Seg)>)
        [
            (Mnemonic.Les, Seg.Es), (Mnemonic.Lds, Seg.Ds), (Mnemonic.Lss, Seg.Ss), (Mnemonic.Lfs, Seg.Fs), (Mnemonic.Lgs, Seg.Gs),
        ])
        {
            table.Add(mnemonic, (Cpu cpu, in Op op) => LoadPointer(cpu, op, segment));
        }

        table.Add(Mnemonic.Clts, ClearTaskSwitched, endsBlock: true);
        table.Add(Mnemonic.Lmsw, LoadStatusWord, endsBlock: true);
        table.Add(Mnemonic.Smsw, StoreStatusWord);
        table.Add(Mnemonic.Rdfsbase, static (Cpu cpu, in Op op) => ReadBase(cpu, op, Seg.Fs));
        table.Add(Mnemonic.Rdgsbase, static (Cpu cpu, in Op op) => ReadBase(cpu, op, Seg.Gs));
        table.Add(Mnemonic.Wrfsbase, static (Cpu cpu, in Op op) => WriteBase(cpu, op, Seg.Fs));
        table.Add(Mnemonic.Wrgsbase, static (Cpu cpu, in Op op) => WriteBase(cpu, op, Seg.Gs));
        table.Add(Mnemonic.Swapgs, SwapGs);
    }

    /// <summary>MOV to or from a control or debug register.</summary>
    public static OpHandler Select(in Op op) => (op.A.Kind, op.B.Kind) switch
    {
        (OperandKind.Control, _) => WriteControl,
        (_, OperandKind.Control) => ReadControl,
        (OperandKind.Debug, _) => WriteDebug,
        _ => ReadDebug,
    };

    /// <summary>MOV to a segment register.</summary>
    public static void ToSegment(Cpu cpu, in Op op)
    {
        if (op.A.Index == (int)Seg.Cs)
        {
            throw cpu.InvalidOpcode();
        }

        cpu.LoadSegment((Seg)op.A.Index, (ushort)cpu.Get(op, op.B, 2));
        cpu.ShadowsDebug |= op.A.Index == (int)Seg.Ss;
    }

    /// <summary>MOV from a segment register: zero-extended into a register, two bytes into memory.</summary>
    public static void FromSegment(Cpu cpu, in Op op) =>
        cpu.Set(op, op.A, op.A.IsMemory ? 2 : op.Size, cpu.Segments[op.B.Index].Selector);

    /// <summary>Raises #GP where only ring 0 may.</summary>
    public static void RequireSupervisor(Cpu cpu)
    {
        if (cpu.Cpl != 0)
        {
            throw cpu.GeneralProtection();
        }
    }

    private static void LoadPointer(Cpu cpu, in Op op, Seg segment)
    {
        var linear = cpu.LinearOf(op, op.Size + 2, forWrite: false);
        var offset = cpu.Read(linear, op.Segment, op.Size);
        var selector = cpu.Read<ushort>(linear + op.Size, op.Segment);
        cpu.LoadSegment(segment, selector);
        cpu.SetA(op, offset);
    }

    private static void ReadControl(Cpu cpu, in Op op)
    {
        RequireSupervisor(cpu);
        cpu.SetRegister(op.A.Index, cpu.Is64Bit ? 8 : 4, op.B.Index switch
        {
            0 => cpu.Control0,
            2 => cpu.Cr2,
            3 => cpu.Control3,
            4 => cpu.Control4,
            8 => cpu.Cr8,
            _ => throw cpu.InvalidOpcode(),
        });
    }

    private static void WriteControl(Cpu cpu, in Op op)
    {
        RequireSupervisor(cpu);
        var value = Cpu.Truncate(cpu.Regs[op.B.Index & 15], cpu.Is64Bit ? 8 : 4);
        switch (op.A.Index)
        {
            case 0:
                cpu.WriteControl0(value);
                break;
            case 2:
                cpu.Cr2 = value;
                break;
            case 3:
                cpu.WriteControl3(value);
                break;
            case 4:
                cpu.WriteControl4(value);
                break;
            case 8:
                cpu.Cr8 = value <= 15 ? value : throw cpu.GeneralProtection();
                break;
            default:
                throw cpu.InvalidOpcode();
        }
    }

    private static int DebugNumber(Cpu cpu, int index)
    {
        // DR4 and DR5 are other names of DR6 and DR7, unless CR4.DE takes them away.
        if (index > 7 || (index is 4 or 5 && (cpu.Control4 & Cr4.DebuggingExtensions) != 0))
        {
            throw cpu.InvalidOpcode();
        }

        RequireSupervisor(cpu);
        cpu.CheckDebugAccess();
        return index is 4 or 5 ? index + 2 : index;
    }

    private static void ReadDebug(Cpu cpu, in Op op)
    {
        var number = DebugNumber(cpu, op.B.Index);
        cpu.SetRegister(op.A.Index, cpu.Is64Bit ? 8 : 4, number switch { 6 => cpu.Dr6, 7 => cpu.Dr7, _ => cpu.Breakpoints[number] });
    }

    private static void WriteDebug(Cpu cpu, in Op op)
    {
        var number = DebugNumber(cpu, op.A.Index);
        var value = Cpu.Truncate(cpu.Regs[op.B.Index & 15], cpu.Is64Bit ? 8 : 4);
        if (number >= 6 && value >> 32 != 0)
        {
            throw cpu.GeneralProtection();
        }

        switch (number)
        {
            case 6:
                cpu.Dr6 = (value & 0xE00F) | Cpu.InitialDr6;
                break;
            case 7:
                cpu.SetDr7(value);
                break;
            default:
                cpu.Breakpoints[number] = value;
                break;
        }

        cpu.StopBlock();
    }

    private static void ClearTaskSwitched(Cpu cpu, in Op op)
    {
        RequireSupervisor(cpu);
        cpu.ClearTaskSwitched();
    }

    private static void LoadStatusWord(Cpu cpu, in Op op)
    {
        RequireSupervisor(cpu);
        var value = cpu.Get(op, op.A, 2) & 0xF;

        // It cannot switch protected mode off.
        cpu.WriteControl0((cpu.Control0 & ~0xEUL) | value);
    }

    private static void StoreStatusWord(Cpu cpu, in Op op)
    {
        Descriptors.CheckUserMode(cpu);
        cpu.Set(op, op.A, op.A.IsMemory ? 2 : op.Size, cpu.Control0);
    }

    private static void ReadBase(Cpu cpu, in Op op, Seg segment)
    {
        CheckBaseAccess(cpu);
        cpu.SetA(op, cpu.Segments[(int)segment].Base);
    }

    private static void WriteBase(Cpu cpu, in Op op, Seg segment)
    {
        CheckBaseAccess(cpu);
        var value = cpu.GetA(op);
        cpu.Segments[(int)segment].Base = Cpu.IsCanonical(value) ? value : throw cpu.GeneralProtection();
    }

    private static void CheckBaseAccess(Cpu cpu)
    {
        if (!cpu.Is64Bit || (cpu.Control4 & Cr4.FsGsBase) == 0)
        {
            throw cpu.InvalidOpcode();
        }
    }

    private static void SwapGs(Cpu cpu, in Op op)
    {
        if (!cpu.Is64Bit)
        {
            throw cpu.InvalidOpcode();
        }

        RequireSupervisor(cpu);
        ref var register = ref cpu.Segments[(int)Seg.Gs];
        (register.Base, cpu.KernelGs) = (cpu.KernelGs, register.Base);
    }
}
