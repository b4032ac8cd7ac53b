namespace KvmActors.Software.Processor;

/// <summary>Where an interrupt comes from.</summary>
internal enum InterruptKind
{
    /// <summary>A fault: the instruction is going to be executed again.</summary>
    Fault,

    /// <summary>A trap of the processor's, after an instruction.</summary>
    Trap,

    /// <summary>INT n, INT3 and INTO: gates say who may.</summary>
    Software,
}

/// <summary>Delivering interrupts and exceptions (Intel SDM vol. 3A, chapter 7).</summary>
internal sealed partial class Cpu
{
    private bool _pushesLong;

    /// <summary>Enters the handler of an interrupt. <see cref="Rip"/> is where it returns to. Faults leave everything as it was.</summary>
    /// <param name="vector">Its number.</param>
    /// <param name="kind">Where it comes from.</param>
    /// <param name="errorCode">What goes on the stack with it; null for nothing.</param>
    public void Interrupt(int vector, InterruptKind kind, uint? errorCode)
    {
        if (!IsProtected)
        {
            InterruptReal(vector);
            return;
        }

        if (IsVirtual8086 && kind == InterruptKind.Software && IoPrivilege < 3 && vector != Vector.Breakpoint && vector != Vector.Overflow)
        {
            throw GeneralProtection();
        }

        var isExternal = kind == InterruptKind.Software ? 0u : 1u;
        var gate = ReadGate(vector, kind, isExternal);
        _pushesLong = IsLongMode;
        try
        {
            EnterGate(gate, kind, errorCode, isExternal);
        }
        finally
        {
            _pushesLong = false;
        }
    }

    private void InterruptReal(int vector)
    {
        if ((vector * 4) + 3 > Idt.Limit)
        {
            throw GeneralProtection((uint)(vector * 8) | 2);
        }

        var target = ReadSystem<uint>(Idt.Base + ((ulong)vector * 4));
        var frame = new Frame(this, Segments[(int)Seg.Ss], Regs[Gpr.Rsp], level: 0);
        frame.Push(2, Flags);
        frame.Push(2, Segments[(int)Seg.Cs].Selector);
        frame.Push(2, Rip);
        SetStackPointer(frame.Pointer);
        ChangeFlags(Rflags.Interrupt | Rflags.Trap | Rflags.AlignmentCheck | Rflags.Resume, 0);
        Rip = (ushort)target;
        LoadRealSegment(Seg.Cs, (ushort)(target >> 16));
    }

    private Descriptor ReadGate(int vector, InterruptKind kind, uint isExternal)
    {
        var error = (uint)(vector * 8) | 2 | isExternal;
        var bytes = IsLongMode ? 16 : 8;
        if ((vector * bytes) + bytes - 1 > Idt.Limit)
        {
            throw GeneralProtection(error);
        }

        var address = Idt.Base + (ulong)(vector * bytes);
        var gate = new Descriptor(ReadSystem<ulong>(address), IsLongMode ? ReadSystem<ulong>(address + 8) : 0);
        var isKnown = IsLongMode ? gate.Type is 14 or 15 : gate.Type is 6 or 7 or 14 or 15;
        if (gate.IsCodeOrData || !isKnown || (kind == InterruptKind.Software && gate.Dpl < Cpl))
        {
            throw GeneralProtection(error);
        }

        return gate.IsPresent ? gate : throw Fault(Vector.SegmentNotPresent, error);
    }

    private void EnterGate(in Descriptor gate, InterruptKind kind, uint? errorCode, uint isExternal)
    {
        var selector = gate.GateSelector;
        var error = (selector & 0xFFFCU) | isExternal;
        if ((selector & 0xFFFC) == 0)
        {
            throw GeneralProtection(isExternal);
        }

        var code = ReadDescriptor(selector, isExternal: isExternal);
        if (!code.IsCode || code.Dpl > Cpl)
        {
            throw GeneralProtection(error);
        }

        if (!code.IsPresent)
        {
            throw Fault(Vector.SegmentNotPresent, error);
        }

        if (IsLongMode && (!code.IsLong || code.IsBig))
        {
            throw GeneralProtection(error);
        }

        var level = code.IsConforming ? Cpl : code.Dpl;
        if (IsVirtual8086 && level != 0)
        {
            throw GeneralProtection(error);
        }

        // Which stack: the one it is on, the one of the privilege level, or one of the interrupt stack table.
        var stack = Segments[(int)Seg.Ss];
        var pointer = Regs[Gpr.Rsp];
        var entry = IsLongMode ? (int)(gate.Low >> 32) & 7 : 0;
        var switches = level < Cpl || IsVirtual8086;
        if (switches || entry != 0)
        {
            (stack, pointer) = IsLongMode
                ? (switches ? NullSegment((ushort)level) : stack, ReadLongStack(entry != 0 ? 28 + (8 * entry) : 4 + (8 * level), isExternal))
                : ReadTaskStack(level, isExternal);
        }

        if (IsLongMode)
        {
            pointer &= ~15UL;
        }

        var size = IsLongMode ? 8 : gate.Type >= 14 ? 4 : 2;
        var frame = new Frame(this, stack, pointer, level, isExternal);
        if (IsVirtual8086)
        {
            frame.Push(size, Segments[(int)Seg.Gs].Selector);
            frame.Push(size, Segments[(int)Seg.Fs].Selector);
            frame.Push(size, Segments[(int)Seg.Ds].Selector);
            frame.Push(size, Segments[(int)Seg.Es].Selector);
        }

        if (switches || IsLongMode)
        {
            frame.Push(size, Segments[(int)Seg.Ss].Selector);
            frame.Push(size, Regs[Gpr.Rsp]);
        }

        frame.Push(size, kind == InterruptKind.Fault ? Flags | Rflags.Resume : Flags);
        frame.Push(size, Segments[(int)Seg.Cs].Selector);
        frame.Push(size, Rip);
        if (errorCode is { } pushed)
        {
            frame.Push(size, pushed);
        }

        // From here on nothing faults.
        if (IsVirtual8086)
        {
            foreach (var segment in (ReadOnlySpan<Seg>)[Seg.Ds, Seg.Es, Seg.Fs, Seg.Gs])
            {
                Segments[(int)segment] = NullSegment(0);
            }
        }

        var register = MarkAccessed(selector, code);
        register.Selector = (ushort)((selector & 0xFFFC) | level);
        Segments[(int)Seg.Cs] = register;
        Segments[(int)Seg.Ss] = stack;
        Rip = IsLongMode ? gate.GateOffset : size == 4 ? (uint)gate.GateOffset : (ushort)gate.GateOffset;
        ChangeFlags(
            Rflags.Trap | Rflags.NestedTask | Rflags.Resume | Rflags.Virtual8086 | ((gate.Type & 1) == 0 ? Rflags.Interrupt : 0), 0);
        SetCpl(level);
        RefreshMode();
        if (StackShift == 48)
        {
            SetStackPointer(frame.Pointer);
        }
        else
        {
            Regs[Gpr.Rsp] = frame.Pointer;
        }
    }

    /// <summary>Reads a stack pointer of a 64-bit TSS.</summary>
    private ulong ReadLongStack(int offset, uint isExternal)
    {
        ref readonly var task = ref Segments[(int)Seg.Tr];
        if ((uint)offset + 7 > task.Limit)
        {
            throw Fault(Vector.InvalidTss, (task.Selector & 0xFFFCU) | isExternal);
        }

        var pointer = ReadSystem<ulong>(task.Base + (ulong)offset);
        return IsCanonical(pointer) ? pointer : throw Fault(Vector.StackFault, isExternal);
    }

    /// <summary>Reads the stack of a privilege level from a 16-bit or 32-bit TSS.</summary>
    private (SegmentRegister Stack, ulong Pointer) ReadTaskStack(int level, uint isExternal)
    {
        ref readonly var task = ref Segments[(int)Seg.Tr];
        var isWide = (task.Type & 8) != 0;
        var offset = isWide ? (8u * (uint)level) + 4 : (4u * (uint)level) + 2;
        if (offset + (isWide ? 5u : 3u) > task.Limit)
        {
            throw Fault(Vector.InvalidTss, (task.Selector & 0xFFFCU) | isExternal);
        }

        var address = task.Base + offset;
        ulong pointer = isWide ? ReadSystem<uint>(address) : ReadSystem<ushort>(address);
        var selector = ReadSystem<ushort>(address + (isWide ? 4u : 2u));
        return (CheckStackSegment(selector, level, Vector.InvalidTss, isExternal), pointer);
    }
}
