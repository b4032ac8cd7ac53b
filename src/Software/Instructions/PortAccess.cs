using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>IN, OUT, INS, OUTS.</summary>
internal static class PortAccess
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.In, In, endsBlock: true);
        table.Add(Mnemonic.Out, Out, endsBlock: true);
        table.Add(Code.Insb_m8_DX, InString, 1, endsBlock: true);
        table.Add(Code.Insw_m16_DX, InString, 2, endsBlock: true);
        table.Add(Code.Insd_m32_DX, InString, 4, endsBlock: true);
        table.Add(Code.Outsb_DX_m8, OutString, 1, endsBlock: true);
        table.Add(Code.Outsw_DX_m16, OutString, 2, endsBlock: true);
        table.Add(Code.Outsd_DX_m32, OutString, 4, endsBlock: true);
    }

    private static void In(Cpu cpu, in Op op)
    {
        var port = op.B.Kind == OperandKind.Immediate ? (byte)op.Immediate : (ushort)cpu.Regs[Gpr.Rdx];
        Check(cpu, port, op.Size);
        cpu.ReadPort(port, op.Size, 1);
        cpu.SetA(op, BinaryPrimitives.ReadUInt32LittleEndian(cpu.PortData));
    }

    private static void Out(Cpu cpu, in Op op)
    {
        var port = op.A.Kind == OperandKind.Immediate ? (byte)op.Immediate : (ushort)cpu.Regs[Gpr.Rdx];
        Check(cpu, port, op.SizeB);
        cpu.WritePort(port, op.SizeB, (uint)cpu.GetB(op));
    }

    // As many items in one exit as fit into a page of the guest's.
    private static void InString(Cpu cpu, in Op op)
    {
        var port = (ushort)cpu.Regs[Gpr.Rdx];
        Check(cpu, port, op.Size);
        var isRepeated = op.Has(OpFlags.Rep | OpFlags.Repne);
        var left = isRepeated ? Strings.CountIn(cpu, op) : 1;
        if (left == 0)
        {
            return;
        }

        var linear = cpu.Linear(Seg.Es, Strings.OffsetIn(cpu, op, Gpr.Rdi), op.Size, forWrite: true);
        cpu.CheckWrite(linear, Seg.Es, op.Size);
        var inPage = Math.Max(1, (0x1000 - (linear & 0xFFF)) / op.Size);
        var count = cpu.Direction || cpu.NeedsSteps ? 1 : Math.Min(left, inPage);
        cpu.ReadPort(port, op.Size, (int)count);
        for (var item = 0UL; item < count; item++)
        {
            var target = cpu.Linear(Seg.Es, Strings.OffsetIn(cpu, op, Gpr.Rdi), op.Size, forWrite: true);
            var at = (int)item * op.Size;
            var value = op.Size switch
            {
                1 => cpu.PortData[at],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(cpu.PortData.AsSpan(at)),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(cpu.PortData.AsSpan(at)),
            };
            cpu.Write(target, Seg.Es, op.Size, value);
            Strings.Advance(cpu, op, Gpr.Rdi);
            if (isRepeated)
            {
                Strings.SetCount(cpu, op, --left);
            }
        }

        if (isRepeated && left > 0)
        {
            cpu.Rip = op.Rip;
        }
    }

    private static void OutString(Cpu cpu, in Op op)
    {
        var port = (ushort)cpu.Regs[Gpr.Rdx];
        Check(cpu, port, op.Size);
        var isRepeated = op.Has(OpFlags.Rep | OpFlags.Repne);
        var left = isRepeated ? Strings.CountIn(cpu, op) : 1;
        if (left == 0)
        {
            return;
        }

        var source = cpu.Linear(op.Segment, Strings.OffsetIn(cpu, op, Gpr.Rsi), op.Size, forWrite: false);
        var value = (uint)cpu.Read(source, op.Segment, op.Size);
        Strings.Advance(cpu, op, Gpr.Rsi);
        if (isRepeated)
        {
            Strings.SetCount(cpu, op, left - 1);
            if (left > 1)
            {
                cpu.Rip = op.Rip;
            }
        }

        cpu.WritePort(port, op.Size, value);
    }

    // IOPL, or the I/O map of the TSS (Intel SDM vol. 1, section 19.5).
    private static void Check(Cpu cpu, ushort port, int size)
    {
        if (!cpu.IsProtected || (cpu.Cpl <= cpu.IoPrivilege && !cpu.IsVirtual8086))
        {
            return;
        }

        ref readonly var task = ref cpu.Segments[(int)Seg.Tr];
        if ((task.Type & 8) == 0 || task.IsUnusable || task.Limit < 103)
        {
            throw cpu.GeneralProtection();
        }

        var map = cpu.ReadSystem<ushort>(task.Base + 102);
        var last = map + ((uint)port >> 3) + 1;
        if (last > task.Limit)
        {
            throw cpu.GeneralProtection();
        }

        var bits = cpu.ReadSystem<ushort>(task.Base + map + ((uint)port >> 3)) >> (port & 7);
        if ((bits & ((1 << size) - 1)) != 0)
        {
            throw cpu.GeneralProtection();
        }
    }
}
