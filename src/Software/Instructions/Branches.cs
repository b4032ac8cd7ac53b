using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Jumps, calls, returns and loops.</summary>
internal static class Branches
{
    private static readonly Mnemonic[] Conditional =
    [
        Mnemonic.Jo, Mnemonic.Jno, Mnemonic.Jb, Mnemonic.Jae, Mnemonic.Je, Mnemonic.Jne, Mnemonic.Jbe, Mnemonic.Ja,
        Mnemonic.Js, Mnemonic.Jns, Mnemonic.Jp, Mnemonic.Jnp, Mnemonic.Jl, Mnemonic.Jge, Mnemonic.Jle, Mnemonic.Jg,
    ];

    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        foreach (var mnemonic in Conditional)
        {
            table.Add(mnemonic, SelectConditional);
        }

        AddNear(table);
        AddFar(table);
        AddLoops(table);
    }

    private static void AddNear(HandlerTable table)
    {
        foreach (var code in (ReadOnlySpan<Code>)[Code.Jmp_rel8_16, Code.Jmp_rel8_32, Code.Jmp_rel8_64, Code.Jmp_rel16, Code.Jmp_rel32_32, Code.Jmp_rel32_64])
        {
            table.Add(code, static (Cpu cpu, in Op op) => cpu.Jump(op.Immediate));
        }

        foreach (var code in (ReadOnlySpan<Code>)[Code.Jmp_rm16, Code.Jmp_rm32, Code.Jmp_rm64])
        {
            table.Add(code, static (Cpu cpu, in Op op) => cpu.Jump(cpu.GetA(op)));
        }

        table.Add(Code.Call_rel16, CallNear, 2);
        table.Add(Code.Call_rel32_32, CallNear, 4);
        table.Add(Code.Call_rel32_64, CallNear, 8);
        table.Add(Code.Call_rm16, CallIndirect);
        table.Add(Code.Call_rm32, CallIndirect);
        table.Add(Code.Call_rm64, CallIndirect);
        table.Add(Code.Retnw, ReturnNear, 2);
        table.Add(Code.Retnd, ReturnNear, 4);
        table.Add(Code.Retnq, ReturnNear, 8);
        table.Add(Code.Retnw_imm16, ReturnNear, 2);
        table.Add(Code.Retnd_imm16, ReturnNear, 4);
        table.Add(Code.Retnq_imm16, ReturnNear, 8);
    }

    private static void AddFar(HandlerTable table)
    {
        table.Add(Code.Jmp_ptr1616, static (Cpu cpu, in Op op) => cpu.FarJump((ushort)(op.Immediate >> 48), (uint)op.Immediate));
        table.Add(Code.Jmp_ptr1632, static (Cpu cpu, in Op op) => cpu.FarJump((ushort)(op.Immediate >> 48), (uint)op.Immediate));
        table.Add(Code.Call_ptr1616, static (Cpu cpu, in Op op) => cpu.FarCall((ushort)(op.Immediate >> 48), (uint)op.Immediate, 2, op.NextRip));
        table.Add(Code.Call_ptr1632, static (Cpu cpu, in Op op) => cpu.FarCall((ushort)(op.Immediate >> 48), (uint)op.Immediate, 4, op.NextRip));
        table.Add(Code.Jmp_m1616, JumpFar, 2);
        table.Add(Code.Jmp_m1632, JumpFar, 4);
        table.Add(Code.Jmp_m1664, JumpFar, 8);
        table.Add(Code.Call_m1616, CallFar, 2);
        table.Add(Code.Call_m1632, CallFar, 4);
        table.Add(Code.Call_m1664, CallFar, 8);
        table.Add(Code.Retfw, ReturnFar, 2);
        table.Add(Code.Retfd, ReturnFar, 4);
        table.Add(Code.Retfq, ReturnFar, 8);
        table.Add(Code.Retfw_imm16, ReturnFar, 2);
        table.Add(Code.Retfd_imm16, ReturnFar, 4);
        table.Add(Code.Retfq_imm16, ReturnFar, 8);
        table.Add(Code.Iretw, static (Cpu cpu, in Op _) => cpu.InterruptReturn(2));
        table.Add(Code.Iretd, static (Cpu cpu, in Op _) => cpu.InterruptReturn(4));
        table.Add(Code.Iretq, static (Cpu cpu, in Op _) => cpu.InterruptReturn(8));
    }

    // The size is the counter's: CX, ECX or RCX.
    private static void AddLoops(HandlerTable table)
    {
        foreach (var code in Enum.GetValues<Code>())
        {
            OpHandler? handler = code.Mnemonic() switch
            {
                Mnemonic.Loop => static (Cpu cpu, in Op op) => Loop(cpu, op, goesOn: true),
                Mnemonic.Loope => static (Cpu cpu, in Op op) => Loop(cpu, op, goesOn: cpu.Zero),
                Mnemonic.Loopne => static (Cpu cpu, in Op op) => Loop(cpu, op, goesOn: !cpu.Zero),
                Mnemonic.Jcxz or Mnemonic.Jecxz or Mnemonic.Jrcxz => JumpIfZero,
                _ => null,
            };
            if (handler is not null)
            {
                var name = code.ToString();
                var size = name.EndsWith("RCX", StringComparison.Ordinal) || name.StartsWith("Jrcxz", StringComparison.Ordinal) ? 8
                    : name.EndsWith("ECX", StringComparison.Ordinal) || name.StartsWith("Jecxz", StringComparison.Ordinal) ? 4
                    : 2;
                table.Add(code, handler, size);
            }
        }
    }

    private static OpHandler SelectConditional(in Op op) => op.Immediate2 switch
    {
        4 => static (Cpu cpu, in Op op) => Branch(cpu, op, cpu.Zero),
        5 => static (Cpu cpu, in Op op) => Branch(cpu, op, !cpu.Zero),
        2 => static (Cpu cpu, in Op op) => Branch(cpu, op, cpu.Carry),
        3 => static (Cpu cpu, in Op op) => Branch(cpu, op, !cpu.Carry),
        _ => static (Cpu cpu, in Op op) => Branch(cpu, op, cpu.Test(op.Immediate2)),
    };

    private static void Branch(Cpu cpu, in Op op, bool isTaken)
    {
        if (isTaken)
        {
            cpu.Jump(op.Immediate);
        }
    }

    private static void CallNear(Cpu cpu, in Op op)
    {
        var target = cpu.CheckTarget(op.Immediate);
        cpu.Push(op.Size, op.NextRip);
        cpu.Rip = target;
    }

    private static void CallIndirect(Cpu cpu, in Op op)
    {
        var target = cpu.CheckTarget(cpu.GetA(op));
        cpu.Push(op.Size, op.NextRip);
        cpu.Rip = target;
    }

    private static void ReturnNear(Cpu cpu, in Op op)
    {
        var target = cpu.CheckTarget(cpu.Peek(op.Size));
        cpu.Drop(op.Size + (op.A.Kind == OperandKind.Immediate ? (ushort)op.Immediate : 0UL));
        cpu.Rip = target;
    }

    private static void ReturnFar(Cpu cpu, in Op op) =>
        cpu.FarReturn(op.Size, op.A.Kind == OperandKind.Immediate ? (ushort)op.Immediate : 0UL);

    private static void JumpFar(Cpu cpu, in Op op)
    {
        var (selector, offset) = ReadPointer(cpu, op);
        cpu.FarJump(selector, offset);
    }

    private static void CallFar(Cpu cpu, in Op op)
    {
        var (selector, offset) = ReadPointer(cpu, op);
        cpu.FarCall(selector, offset, op.Size, op.NextRip);
    }

    private static (ushort Selector, ulong Offset) ReadPointer(Cpu cpu, in Op op)
    {
        var linear = cpu.LinearOf(op, op.Size + 2, forWrite: false);
        var offset = cpu.Read(linear, op.Segment, op.Size);
        return (cpu.Read<ushort>(linear + op.Size, op.Segment), offset);
    }

    private static void Loop(Cpu cpu, in Op op, bool goesOn)
    {
        var count = Cpu.Truncate(cpu.Regs[Gpr.Rcx] - 1, op.Size);
        var target = count != 0 && goesOn ? cpu.CheckTarget(op.Immediate) : op.NextRip;
        cpu.SetRegister(Gpr.Rcx, op.Size, count);
        cpu.Rip = target;
    }

    private static void JumpIfZero(Cpu cpu, in Op op) => Branch(cpu, op, Cpu.Truncate(cpu.Regs[Gpr.Rcx], op.Size) == 0);
}
