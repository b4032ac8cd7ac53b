namespace KvmActors.Software.Processor;

/// <summary>Far jumps and calls (Intel SDM vol. 2A, CALL and JMP; vol. 3A, section 6.8). Task switches by hardware there are none: #GP.</summary>
internal sealed partial class Cpu
{
    /// <summary>JMP to another segment.</summary>
    /// <param name="selector">The segment, or a gate.</param>
    /// <param name="offset">Where in it.</param>
    public void FarJump(ushort selector, ulong offset)
    {
        if (HasRealSegments)
        {
            Rip = offset <= Segments[(int)Seg.Cs].Limit ? offset : throw GeneralProtection();
            LoadRealSegment(Seg.Cs, selector);
            return;
        }

        var target = ReadFarTarget(selector);
        if (!target.IsCodeOrData)
        {
            var gate = CheckCallGate(selector, target);
            selector = gate.GateSelector;
            offset = IsLongMode ? gate.GateOffset : gate.Type == 12 ? (uint)gate.GateOffset : (ushort)gate.GateOffset;
            target = ReadGateTarget(selector);
            if (!target.IsConforming && target.Dpl != Cpl)
            {
                throw GeneralProtection(selector & 0xFFFCU);
            }
        }
        else
        {
            CheckCode(selector, target);
        }

        CommitCode(selector, target, offset, Cpl);
    }

    /// <summary>CALL to another segment.</summary>
    /// <param name="selector">The segment, or a gate.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="size">Bytes of each word on the stack: 2, 4 or 8.</param>
    /// <param name="returnTo">RIP after the call.</param>
    public void FarCall(ushort selector, ulong offset, int size, ulong returnTo)
    {
        var code = Segments[(int)Seg.Cs].Selector;
        var frame = new Frame(this, Segments[(int)Seg.Ss], Regs[Gpr.Rsp], Cpl);
        if (HasRealSegments)
        {
            _ = offset <= Segments[(int)Seg.Cs].Limit ? offset : throw GeneralProtection();
            frame.Push(size, code);
            frame.Push(size, returnTo);
            SetStackPointer(frame.Pointer);
            Rip = offset;
            LoadRealSegment(Seg.Cs, selector);
            return;
        }

        var target = ReadFarTarget(selector);
        if (!target.IsCodeOrData)
        {
            CallGate(CheckCallGate(selector, target), returnTo);
            return;
        }

        CheckCode(selector, target);
        frame.Push(size, code);
        frame.Push(size, returnTo);
        CheckCodeOffset(target, offset);
        SetStackPointer(frame.Pointer);
        CommitCode(selector, target, offset, Cpl);
    }

    private void CallGate(in Descriptor gate, ulong returnTo)
    {
        var size = IsLongMode ? 8 : gate.Type == 12 ? 4 : 2;
        var selector = gate.GateSelector;
        var target = ReadGateTarget(selector);
        var offset = size == 2 ? (ushort)gate.GateOffset : size == 4 ? (uint)gate.GateOffset : gate.GateOffset;
        CheckCodeOffset(target, offset);
        var code = Segments[(int)Seg.Cs].Selector;
        if (target.IsConforming || target.Dpl == Cpl)
        {
            var same = new Frame(this, Segments[(int)Seg.Ss], Regs[Gpr.Rsp], Cpl);
            same.Push(size, code);
            same.Push(size, returnTo);
            SetStackPointer(same.Pointer);
            CommitCode(selector, target, offset, Cpl);
            return;
        }

        var level = target.Dpl;
        var (stack, pointer) = IsLongMode
            ? (NullSegment((ushort)level), ReadLongStack(4 + (8 * level), 0))
            : ReadTaskStack(level, 0);
        var parameters = IsLongMode ? 0 : (int)(gate.Low >> 32) & 0x1F;
        _pushesLong = IsLongMode;
        try
        {
            var frame = new Frame(this, stack, pointer, level);
            frame.Push(size, Segments[(int)Seg.Ss].Selector);
            frame.Push(size, Regs[Gpr.Rsp]);
            for (var parameter = parameters - 1; parameter >= 0; parameter--)
            {
                frame.Push(size, Peek(size, (ulong)(parameter * size)));
            }

            frame.Push(size, code);
            frame.Push(size, returnTo);
            pointer = frame.Pointer;
        }
        finally
        {
            _pushesLong = false;
        }

        Segments[(int)Seg.Ss] = stack;
        CommitCode(selector, target, offset, level);
        SetStackPointer(pointer);
    }

    private Descriptor ReadFarTarget(ushort selector) =>
        (selector & 0xFFFC) == 0 ? throw GeneralProtection() : ReadDescriptor(selector);

    private Descriptor CheckCallGate(ushort selector, in Descriptor gate)
    {
        var error = selector & 0xFFFCU;

        var isGate = IsLongMode ? gate.Type == 12 : gate.Type is 4 or 12;
        if (!isGate || gate.Dpl < Cpl || gate.Dpl < (selector & 3))
        {
            throw GeneralProtection(error);
        }

        if (!gate.IsPresent)
        {
            throw Fault(Vector.SegmentNotPresent, error);
        }

        // The upper half of a 64-bit gate is no descriptor of its own.
        return ((gate.High >> 40) & 0x1F) == 0 ? gate : throw GeneralProtection(error);
    }

    private Descriptor ReadGateTarget(ushort selector)
    {
        var error = selector & 0xFFFCU;
        var code = (selector & 0xFFFC) == 0 ? throw GeneralProtection() : ReadDescriptor(selector);
        if (!code.IsCode || code.Dpl > Cpl || (IsLongMode && (!code.IsLong || code.IsBig)))
        {
            throw GeneralProtection(error);
        }

        return code.IsPresent ? code : throw Fault(Vector.SegmentNotPresent, error);
    }

    private void CheckCode(ushort selector, in Descriptor code)
    {
        var error = selector & 0xFFFCU;
        var isAllowed = code.IsCode
            && (code.IsConforming ? code.Dpl <= Cpl : (selector & 3) <= Cpl && code.Dpl == Cpl)
            && !(IsLongMode && code.IsLong && code.IsBig);
        if (!isAllowed)
        {
            throw GeneralProtection(error);
        }

        if (!code.IsPresent)
        {
            throw Fault(Vector.SegmentNotPresent, error);
        }
    }

    private void CheckCodeOffset(in Descriptor code, ulong offset)
    {
        var isInside = IsLongMode && code.IsLong ? IsCanonical(offset) : offset <= code.Limit;
        if (!isInside)
        {
            throw GeneralProtection();
        }
    }

    private void CommitCode(ushort selector, in Descriptor code, ulong offset, int level)
    {
        CheckCodeOffset(code, offset);
        var register = MarkAccessed(selector, code);
        register.Selector = (ushort)((selector & 0xFFFC) | level);
        Segments[(int)Seg.Cs] = register;
        Rip = offset;
        SetCpl(level);
        RefreshMode();
    }
}
