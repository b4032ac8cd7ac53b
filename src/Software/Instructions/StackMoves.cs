using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>PUSH, POP and what else moves to and from the stack.</summary>
internal static class StackMoves
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        AddPushes(table);
        table.Add(Mnemonic.Pop, static (in Op op) => op.A.Kind == OperandKind.Segment ? PopSegment : Pop);
        foreach (var code in (ReadOnlySpan<Code>)[Code.Popw_ES, Code.Popw_SS, Code.Popw_DS, Code.Popw_FS, Code.Popw_GS])
        {
            table.Add(code, PopSegment, 2);
        }

        foreach (var code in (ReadOnlySpan<Code>)[Code.Popd_ES, Code.Popd_SS, Code.Popd_DS, Code.Popd_FS, Code.Popd_GS])
        {
            table.Add(code, PopSegment, 4);
        }

        table.Add(Code.Popq_FS, PopSegment, 8);
        table.Add(Code.Popq_GS, PopSegment, 8);
        table.Add(Code.Pushaw, PushAll, 2);
        table.Add(Code.Pushad, PushAll, 4);
        table.Add(Code.Popaw, PopAll, 2);
        table.Add(Code.Popad, PopAll, 4);
        table.Add(Code.Pushfw, PushFlags, 2);
        table.Add(Code.Pushfd, PushFlags, 4);
        table.Add(Code.Pushfq, PushFlags, 8);
        table.Add(Code.Popfw, PopFlags, 2, endsBlock: true);
        table.Add(Code.Popfd, PopFlags, 4, endsBlock: true);
        table.Add(Code.Popfq, PopFlags, 8, endsBlock: true);
        table.Add(Code.Enterw_imm16_imm8, Enter, 2);
        table.Add(Code.Enterd_imm16_imm8, Enter, 4);
        table.Add(Code.Enterq_imm16_imm8, Enter, 8);
        table.Add(Code.Leavew, Leave, 2);
        table.Add(Code.Leaved, Leave, 4);
        table.Add(Code.Leaveq, Leave, 8);
    }

    private static void AddPushes(HandlerTable table)
    {
        table.Add(Mnemonic.Push, static (in Op op) => op.A.Kind == OperandKind.Register && op.Size == 8 ? PushRegister : Push);
        foreach (var (code, size) in (ReadOnlySpan<(Code, int)>)
        [
            (Code.Pushw_imm8, 2), (Code.Push_imm16, 2), (Code.Pushd_imm8, 4), (Code.Pushd_imm32, 4), (Code.Pushq_imm8, 8), (Code.Pushq_imm32, 8),
        ])
        {
            table.Add(code, Push, size);
        }

        foreach (var (code, size) in (ReadOnlySpan<(Code, int)>)
        [
            (Code.Pushw_ES, 2), (Code.Pushw_CS, 2), (Code.Pushw_SS, 2), (Code.Pushw_DS, 2), (Code.Pushw_FS, 2), (Code.Pushw_GS, 2),
            (Code.Pushd_ES, 4), (Code.Pushd_CS, 4), (Code.Pushd_SS, 4), (Code.Pushd_DS, 4), (Code.Pushd_FS, 4), (Code.Pushd_GS, 4),
            (Code.Pushq_FS, 8), (Code.Pushq_GS, 8),
        ])
        {
            table.Add(code, PushSegment, size);
        }
    }

    private static void PushRegister(Cpu cpu, in Op op) => cpu.Push(8, cpu.Regs[op.A.Index & 15]);

    private static void Push(Cpu cpu, in Op op) => cpu.Push(op.Size, cpu.GetA(op));

    private static void PushSegment(Cpu cpu, in Op op)
    {
        var selector = cpu.Segments[op.A.Index].Selector;
        if (op.Size == 4)
        {
            // Only the two bytes of the selector are written.
            var pointer = cpu.Regs[Gpr.Rsp] - 4;
            cpu.Write(cpu.StackAddress(pointer, 4, forWrite: true), Seg.Ss, selector);
            cpu.SetStackPointer(pointer);
            return;
        }

        cpu.Push(op.Size, selector);
    }

    private static void Pop(Cpu cpu, in Op op)
    {
        var value = cpu.Peek(op.Size);
        if (op.A.Kind == OperandKind.Register)
        {
            // POP RSP: the value wins.
            cpu.Drop(op.Size);
            cpu.SetA(op, value);
            return;
        }

        // An address that RSP is part of is taken after the stack pointer has moved.
        var old = cpu.Regs[Gpr.Rsp];
        cpu.Drop(op.Size);
        try
        {
            cpu.SetA(op, value);
        }
        catch (GuestFault)
        {
            cpu.Regs[Gpr.Rsp] = old;
            throw;
        }
    }

    private static void PopSegment(Cpu cpu, in Op op)
    {
        var selector = (ushort)cpu.Peek(op.Size == 4 ? 2 : op.Size);
        var old = cpu.Regs[Gpr.Rsp];
        var shift = cpu.StackShift;
        var bytes = op.Size;
        cpu.LoadSegment((Seg)op.A.Index, selector);

        // By the stack as it was, though SS is another now.
        cpu.SetRegister(Gpr.Rsp, shift == 0 ? 8 : shift == 32 ? 4 : 2, old + bytes);
        cpu.ShadowsDebug |= op.A.Index == (int)Seg.Ss;
    }

    private static void PushAll(Cpu cpu, in Op op)
    {
        var start = cpu.Regs[Gpr.Rsp];
        var pointer = start;
        for (var register = Gpr.Rax; register <= Gpr.Rdi; register++)
        {
            pointer -= op.Size;
            var value = register == Gpr.Rsp ? start : cpu.Regs[register];
            cpu.Write(cpu.StackAddress(pointer, op.Size, forWrite: true), Seg.Ss, op.Size, value);
        }

        cpu.SetStackPointer(pointer);
    }

    private static void PopAll(Cpu cpu, in Op op)
    {
        Span<ulong> values = stackalloc ulong[8];
        for (var register = Gpr.Rdi; register >= Gpr.Rax; register--)
        {
            values[register] = cpu.Peek(op.Size, (ulong)((7 - register) * op.Size));
        }

        for (var register = Gpr.Rax; register <= Gpr.Rdi; register++)
        {
            if (register != Gpr.Rsp)
            {
                cpu.SetRegister(register, op.Size, values[register]);
            }
        }

        cpu.Drop(8UL * op.Size);
    }

    private static void PushFlags(Cpu cpu, in Op op)
    {
        if (cpu.IsVirtual8086 && cpu.IoPrivilege < 3)
        {
            throw cpu.GeneralProtection();
        }

        cpu.Push(op.Size, cpu.Flags & ~(Rflags.Resume | Rflags.Virtual8086));
    }

    private static void PopFlags(Cpu cpu, in Op op)
    {
        if (cpu.IsVirtual8086 && cpu.IoPrivilege < 3)
        {
            throw cpu.GeneralProtection();
        }

        var value = cpu.Peek(op.Size);
        var kept = Rflags.Virtual8086 | Rflags.VirtualInterrupt | Rflags.VirtualPending;
        kept |= cpu.Cpl > 0 ? Rflags.Iopl : 0;
        kept |= cpu.Cpl > cpu.IoPrivilege ? Rflags.Interrupt : 0;
        cpu.Drop(op.Size);
        cpu.LoadFlags(value & ~Rflags.Resume, op.Size, Rflags.All & ~kept);
        cpu.RefreshMode();
    }

    private static void Enter(Cpu cpu, in Op op)
    {
        var level = op.Immediate2 & 31;
        var frame = cpu.Regs[Gpr.Rsp] - op.Size;
        cpu.Write(cpu.StackAddress(frame, op.Size, forWrite: true), Seg.Ss, op.Size, cpu.Regs[Gpr.Rbp]);
        var pointer = frame;
        for (var outer = 1; outer < level; outer++)
        {
            var link = cpu.Regs[Gpr.Rbp] - ((ulong)outer * op.Size);
            var value = cpu.Read(cpu.StackAddress(link, op.Size, forWrite: false), Seg.Ss, op.Size);
            pointer -= op.Size;
            cpu.Write(cpu.StackAddress(pointer, op.Size, forWrite: true), Seg.Ss, op.Size, value);
        }

        if (level > 0)
        {
            pointer -= op.Size;
            cpu.Write(cpu.StackAddress(pointer, op.Size, forWrite: true), Seg.Ss, op.Size, frame);
        }

        // The new top of the stack has to be writable.
        pointer -= (ushort)op.Immediate;
        cpu.CheckWrite(cpu.StackAddress(pointer, op.Size, forWrite: true), Seg.Ss, op.Size);
        cpu.SetRegister(Gpr.Rbp, op.Size, frame);
        cpu.SetStackPointer(pointer);
    }

    private static void Leave(Cpu cpu, in Op op)
    {
        var frame = cpu.Regs[Gpr.Rbp];
        var value = cpu.Read(cpu.StackAddress(frame, op.Size, forWrite: false), Seg.Ss, op.Size);
        cpu.SetStackPointer(frame + op.Size);
        cpu.SetRegister(Gpr.Rbp, op.Size, value);
    }
}
