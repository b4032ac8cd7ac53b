using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>MOV and what moves without computing: extensions, exchanges, conditions, byte orders.</summary>
internal static class Moves
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Mov, Select);
        table.Add(Mnemonic.Movzx, ZeroExtend);
        table.Add(Mnemonic.Movsx, SignExtend);
        table.Add(Mnemonic.Movsxd, SignExtend);
        table.Add(Mnemonic.Lea, LoadAddress);
        table.Add(Mnemonic.Xchg, Exchange);
        table.Add(Mnemonic.Bswap, SwapBytes);
        table.Add(Mnemonic.Movbe, MoveSwapped);
        table.Add(Mnemonic.Xlatb, Translate);
        table.Add(Mnemonic.Nop, Nothing);
        table.Add(Mnemonic.Pause, Nothing);
        table.Add(Mnemonic.Endbr64, Nothing);

        // Without shadow stacks they change no register (Intel SDM vol. 2B): how code that can do without finds out.
        table.Add(Mnemonic.Rdsspd, Nothing);
        table.Add(Mnemonic.Rdsspq, Nothing);
        table.Add(Mnemonic.Endbr32, Nothing);
        table.Add(Mnemonic.Lahf, FlagsToAh);
        table.Add(Mnemonic.Sahf, AhToFlags);
        table.Add(Mnemonic.Salc, CarryToAl);
        table.Add(Mnemonic.Cbw, static (Cpu cpu, in Op _) => cpu.SetRegister(Gpr.Rax, 2, Cpu.SignExtend((byte)cpu.Regs[Gpr.Rax], 1)));
        table.Add(Mnemonic.Cwde, static (Cpu cpu, in Op _) => cpu.SetRegister(Gpr.Rax, 4, Cpu.SignExtend((ushort)cpu.Regs[Gpr.Rax], 2)));
        table.Add(Mnemonic.Cdqe, static (Cpu cpu, in Op _) => cpu.SetRegister(Gpr.Rax, 8, Cpu.SignExtend((uint)cpu.Regs[Gpr.Rax], 4)));
        table.Add(Mnemonic.Cwd, static (Cpu cpu, in Op _) => cpu.SetRegister(Gpr.Rdx, 2, (short)cpu.Regs[Gpr.Rax] < 0 ? ulong.MaxValue : 0));
        table.Add(Mnemonic.Cdq, static (Cpu cpu, in Op _) => cpu.SetRegister(Gpr.Rdx, 4, (int)cpu.Regs[Gpr.Rax] < 0 ? ulong.MaxValue : 0));
        table.Add(Mnemonic.Cqo, static (Cpu cpu, in Op _) => cpu.SetRegister(Gpr.Rdx, 8, (long)cpu.Regs[Gpr.Rax] < 0 ? ulong.MaxValue : 0));
        foreach (var mnemonic in Conditional)
        {
            table.Add(mnemonic.Move, MoveIf);
            table.Add(mnemonic.Set, SetIf);
        }
    }

    private static readonly (Mnemonic Move, Mnemonic Set)[] Conditional =
    [
        (Mnemonic.Cmovo, Mnemonic.Seto), (Mnemonic.Cmovno, Mnemonic.Setno), (Mnemonic.Cmovb, Mnemonic.Setb), (Mnemonic.Cmovae, Mnemonic.Setae),
        (Mnemonic.Cmove, Mnemonic.Sete), (Mnemonic.Cmovne, Mnemonic.Setne), (Mnemonic.Cmovbe, Mnemonic.Setbe), (Mnemonic.Cmova, Mnemonic.Seta),
        (Mnemonic.Cmovs, Mnemonic.Sets), (Mnemonic.Cmovns, Mnemonic.Setns), (Mnemonic.Cmovp, Mnemonic.Setp), (Mnemonic.Cmovnp, Mnemonic.Setnp),
        (Mnemonic.Cmovl, Mnemonic.Setl), (Mnemonic.Cmovge, Mnemonic.Setge), (Mnemonic.Cmovle, Mnemonic.Setle), (Mnemonic.Cmovg, Mnemonic.Setg),
    ];

    private static OpHandler Select(in Op op)
    {
        if (op.A.Kind == OperandKind.Segment)
        {
            return SystemMoves.ToSegment;
        }

        if (op.B.Kind == OperandKind.Segment)
        {
            return SystemMoves.FromSegment;
        }

        if (op.A.Kind is OperandKind.Control or OperandKind.Debug || op.B.Kind is OperandKind.Control or OperandKind.Debug)
        {
            return SystemMoves.Select(op);
        }

        return (op.A.Kind, op.B.Kind, op.Size) switch
        {
            (OperandKind.Register, OperandKind.Register, >= 4) => RegisterToRegister,
            (OperandKind.Register, OperandKind.Immediate, >= 4) => ImmediateToRegister,
            (OperandKind.Register, OperandKind.Memory, 8) => Memory64ToRegister,
            (OperandKind.Register, OperandKind.Memory, 4) => Memory32ToRegister,
            (OperandKind.Memory, OperandKind.Register, 8) => Register64ToMemory,
            (OperandKind.Memory, OperandKind.Register, 4) => Register32ToMemory,
            _ => Move,
        };
    }

    private static void RegisterToRegister(Cpu cpu, in Op op) =>
        cpu.Regs[op.A.Index & 15] = cpu.Regs[op.B.Index & 15] << op.Shift >> op.Shift;

    private static void ImmediateToRegister(Cpu cpu, in Op op) => cpu.Regs[op.A.Index & 15] = op.Immediate << op.Shift >> op.Shift;

    private static void Memory64ToRegister(Cpu cpu, in Op op) => cpu.Regs[op.A.Index & 15] = cpu.Load<ulong>(op);

    private static void Memory32ToRegister(Cpu cpu, in Op op) => cpu.Regs[op.A.Index & 15] = cpu.Load<uint>(op);

    private static void Register64ToMemory(Cpu cpu, in Op op) => cpu.Store(op, cpu.Regs[op.B.Index & 15]);

    private static void Register32ToMemory(Cpu cpu, in Op op) => cpu.Store(op, (uint)cpu.Regs[op.B.Index & 15]);

    private static void Move(Cpu cpu, in Op op) => cpu.SetA(op, cpu.Get(op, op.B, op.Size));

    private static void ZeroExtend(Cpu cpu, in Op op) => cpu.SetA(op, cpu.GetB(op));

    private static void SignExtend(Cpu cpu, in Op op) => cpu.SetA(op, Cpu.SignExtend(cpu.GetB(op), op.SizeB));

    private static void LoadAddress(Cpu cpu, in Op op) => cpu.SetA(op, cpu.OffsetOf(op));

    private static void Exchange(Cpu cpu, in Op op)
    {
        ulong a, b;
        do
        {
            a = cpu.GetToChange(op);
            b = cpu.GetB(op);
        }
        while (!cpu.TryChange(op, a, b));
        cpu.Set(op, op.B, op.SizeB, a);
    }

    private static void SwapBytes(Cpu cpu, in Op op)
    {
        var value = cpu.GetA(op);

        // Of 16 bits it is undefined: processors clear them.
        cpu.SetA(op, op.Size == 2 ? 0 : Swapped(value, op.Size));
    }

    private static void MoveSwapped(Cpu cpu, in Op op) => cpu.SetA(op, Swapped(cpu.GetB(op), op.Size));

    private static ulong Swapped(ulong value, int size) =>
        System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) >> (64 - (8 * size));

    private static void Translate(Cpu cpu, in Op op)
    {
        var offset = (cpu.OffsetOf(op) + (byte)cpu.Regs[Gpr.Rax]) << op.AddressShift >> op.AddressShift;
        cpu.SetRegister(Gpr.Rax, 1, cpu.Read<byte>(cpu.Linear(op.Segment, offset, 1, forWrite: false), op.Segment));
    }

    private static void MoveIf(Cpu cpu, in Op op)
    {
        // Memory is read, and a 32-bit target's upper half cleared, whether the condition holds or not.
        var value = cpu.GetB(op);
        cpu.SetA(op, cpu.Test(op.Immediate2) ? value : cpu.GetA(op));
    }

    private static void SetIf(Cpu cpu, in Op op) => cpu.SetA(op, cpu.Test(op.Immediate2) ? 1UL : 0);

    private static void FlagsToAh(Cpu cpu, in Op op) =>
        cpu.Regs[Gpr.Rax] = (cpu.Regs[Gpr.Rax] & ~0xFF00UL) | ((cpu.Flags & 0xFF) << 8);

    private static void AhToFlags(Cpu cpu, in Op op)
    {
        const ulong which = Rflags.Sign | Rflags.Zero | Rflags.Adjust | Rflags.Parity | Rflags.Carry;
        cpu.SetStatus(which, (cpu.Regs[Gpr.Rax] >> 8) & which);
    }

    private static void CarryToAl(Cpu cpu, in Op op) => cpu.SetRegister(Gpr.Rax, 1, cpu.Carry ? 0xFFUL : 0);

    private static void Nothing(Cpu cpu, in Op op)
    {
    }
}
