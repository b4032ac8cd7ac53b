namespace KvmActors.Software.Processor;

/// <summary>Far returns and returns from interrupts (Intel SDM vol. 2A, RET and IRET).</summary>
internal sealed partial class Cpu
{
    /// <summary>Which segments lose what a less privileged caller may not have.</summary>
    private static readonly Seg[] DataSegments = [Seg.Es, Seg.Ds, Seg.Fs, Seg.Gs];

    /// <summary>RET from another segment.</summary>
    /// <param name="size">Bytes of each word on the stack: 2, 4 or 8.</param>
    /// <param name="release">Bytes of parameters to drop.</param>
    public void FarReturn(int size, ulong release)
    {
        var offset = Peek(size);
        var selector = (ushort)Peek(size, (ulong)size);
        if (HasRealSegments)
        {
            _ = offset <= Segments[(int)Seg.Cs].Limit ? offset : throw GeneralProtection();
            Drop((ulong)(2 * size) + release);
            Rip = offset;
            LoadRealSegment(Seg.Cs, selector);
            return;
        }

        var code = ReadReturnTarget(selector);
        var level = selector & 3;
        CheckCodeOffset(code, offset);
        if (level == Cpl)
        {
            Drop((ulong)(2 * size) + release);
            CommitCode(selector, code, offset, level);
            return;
        }

        var pointer = Peek(size, (ulong)(2 * size) + release);
        var stackSelector = (ushort)Peek(size, (ulong)(3 * size) + release);
        ReturnOutward(selector, code, offset, level, stackSelector, pointer + release);
    }

    /// <summary>IRET.</summary>
    /// <param name="size">Bytes of each word on the stack: 2, 4 or 8.</param>
    public void InterruptReturn(int size)
    {
        HasSerialized = true;
        if (IsProtected && !IsVirtual8086 && (_flags & Rflags.NestedTask) != 0)
        {
            // A return to another task, which there is none of.
            throw IsLongMode ? GeneralProtection() : Fault(Vector.InvalidTss);
        }

        if (IsVirtual8086 && IoPrivilege < 3)
        {
            throw GeneralProtection();
        }

        var offset = Peek(size);
        var selector = (ushort)Peek(size, (ulong)size);
        var flags = Peek(size, (ulong)(2 * size));
        if (HasRealSegments)
        {
            _ = offset <= Segments[(int)Seg.Cs].Limit ? offset : throw GeneralProtection();
            Drop((ulong)(3 * size));
            Rip = offset;
            var kept = Rflags.Virtual8086 | Rflags.VirtualInterrupt | Rflags.VirtualPending | (IsVirtual8086 ? Rflags.Iopl : 0);
            LoadFlags(flags, size, Rflags.All & ~kept);
            LoadRealSegment(Seg.Cs, selector);
            return;
        }

        if (!IsLongMode && size == 4 && Cpl == 0 && (flags & Rflags.Virtual8086) != 0)
        {
            ReturnToVirtual8086(offset, selector, flags);
            return;
        }

        var code = ReadReturnTarget(selector);
        var level = selector & 3;
        CheckCodeOffset(code, offset);
        var changeable = InterruptFlags();
        if (level == Cpl && !Is64Bit)
        {
            Drop((ulong)(3 * size));
            CommitCode(selector, code, offset, level);
        }
        else
        {
            var pointer = Peek(size, (ulong)(3 * size));
            var stackSelector = (ushort)Peek(size, (ulong)(4 * size));
            ReturnOutward(selector, code, offset, level, stackSelector, pointer);
        }

        LoadFlags(flags, size, changeable);
        RefreshMode();
    }

    /// <summary>Sets those of RFLAGS that may be changed, as far as so many bytes hold them.</summary>
    public void LoadFlags(ulong value, int size, ulong changeable)
    {
        if (size == 2)
        {
            changeable &= 0xFFFF;
        }

        SetFlags((Flags & ~changeable) | (value & changeable));
    }

    // What IRET may change at this privilege level; VM only by the way of its own.
    private ulong InterruptFlags()
    {
        var changeable = Rflags.All & ~(Rflags.Virtual8086 | Rflags.Iopl | Rflags.Interrupt | Rflags.VirtualInterrupt | Rflags.VirtualPending);
        if (Cpl == 0)
        {
            changeable |= Rflags.Iopl | Rflags.VirtualInterrupt | Rflags.VirtualPending;
        }

        return Cpl <= IoPrivilege ? changeable | Rflags.Interrupt : changeable;
    }

    private Descriptor ReadReturnTarget(ushort selector)
    {
        var error = selector & 0xFFFCU;
        var code = (selector & 0xFFFC) == 0 ? throw GeneralProtection() : ReadDescriptor(selector);
        var level = selector & 3;
        var isAllowed = code.IsCode && level >= Cpl && (code.IsConforming ? code.Dpl <= level : code.Dpl == level)
            && !(IsLongMode && code.IsLong && code.IsBig);
        if (!isAllowed)
        {
            throw GeneralProtection(error);
        }

        return code.IsPresent ? code : throw Fault(Vector.SegmentNotPresent, error);
    }

    private void ReturnOutward(ushort selector, in Descriptor code, ulong offset, int level, ushort stackSelector, ulong pointer)
    {
        var stack = CheckReturnStack(stackSelector, level, code.IsLong && IsLongMode);
        var isOutward = level != Cpl;
        Segments[(int)Seg.Ss] = stack;
        CommitCode(selector, code, offset, level);
        SetStackPointer(pointer);
        if (isOutward)
        {
            DropPrivilegedSegments();
        }
    }

    private SegmentRegister CheckReturnStack(ushort selector, int level, bool isLongCode)
    {
        if ((selector & 0xFFFC) == 0 && isLongCode && level != 3)
        {
            return (selector & 3) == level ? NullSegment(selector) : throw GeneralProtection();
        }

        return (selector & 0xFFFC) == 0
            ? throw GeneralProtection()
            : CheckStackSegment(selector, level, Vector.GeneralProtection);
    }

    private void DropPrivilegedSegments()
    {
        foreach (var segment in DataSegments)
        {
            ref readonly var register = ref Segments[(int)segment];
            if (!register.IsUnusable && !register.IsConforming && register.Dpl < Cpl)
            {
                var kept = register.Base;
                Segments[(int)segment] = NullSegment(0);
                Segments[(int)segment].Base = Is64Bit ? kept : 0;
            }
        }

        RefreshMode();
    }

    private void ReturnToVirtual8086(ulong offset, ushort selector, ulong flags)
    {
        Span<ushort> selectors = stackalloc ushort[6];
        selectors[(int)Seg.Cs] = selector;
        var pointer = Peek(4, 12);
        selectors[(int)Seg.Ss] = (ushort)Peek(4, 16);
        selectors[(int)Seg.Es] = (ushort)Peek(4, 20);
        selectors[(int)Seg.Ds] = (ushort)Peek(4, 24);
        selectors[(int)Seg.Fs] = (ushort)Peek(4, 28);
        selectors[(int)Seg.Gs] = (ushort)Peek(4, 32);
        SetFlags(flags);
        for (var segment = Seg.Es; segment <= Seg.Gs; segment++)
        {
            LoadRealSegment(segment, selectors[(int)segment]);
        }

        SetCpl(3);
        Rip = (ushort)offset;
        RefreshMode();
        Regs[Gpr.Rsp] = (uint)pointer;
    }
}
