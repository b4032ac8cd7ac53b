using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>Single elements: PINSR, PEXTR, INSERTPS, EXTRACTPS, and masks of sign bits.</summary>
internal static class Elements
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        AddInsert<byte>(table, Mnemonic.Pinsrb, 15);
        AddInsert<ushort>(table, Mnemonic.Pinsrw, 7);
        AddInsert<uint>(table, Mnemonic.Pinsrd, 3);
        AddInsert<ulong>(table, Mnemonic.Pinsrq, 1);
        AddExtract<byte>(table, Mnemonic.Pextrb, 15);
        AddExtract<ushort>(table, Mnemonic.Pextrw, 7);
        AddExtract<uint>(table, Mnemonic.Pextrd, 3);
        AddExtract<ulong>(table, Mnemonic.Pextrq, 1);
        AddExtract<uint>(table, Mnemonic.Extractps, 3);
        table.Add(Mnemonic.Insertps, InsertSingle);
        AddMask(table, Mnemonic.Pmovmskb, static a => a.ExtractMostSignificantBits());
        AddMask(table, Mnemonic.Movmskps, static a => a.AsUInt32().ExtractMostSignificantBits());
        AddMask(table, Mnemonic.Movmskpd, static a => a.AsUInt64().ExtractMostSignificantBits());
    }

    private static void AddInsert<T>(HandlerTable table, Mnemonic mnemonic, int mask)
        where T : unmanaged =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            var isMmx = op.A.Kind == OperandKind.Mmx;
            Check(cpu, isMmx);
            var value = op.B.IsMemory ? cpu.Load<T>(op) : Vector128.CreateScalar(cpu.Regs[op.B.Index]).As<ulong, T>().ToScalar();
            if (isMmx)
            {
                cpu.SetMmx(op.A.Index, cpu.GetMmx(op.A.Index).As<byte, T>().WithElement((int)op.Immediate & 3, value).AsByte());
                return;
            }

            ref var a = ref cpu.Xmm[op.A.Index];
            a = a.As<byte, T>().WithElement((int)op.Immediate & mask, value).AsByte();
        });

    private static void AddExtract<T>(HandlerTable table, Mnemonic mnemonic, int mask)
        where T : unmanaged =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            var isMmx = op.B.Kind == OperandKind.Mmx;
            Check(cpu, isMmx);
            var value = isMmx
                ? cpu.GetMmx(op.B.Index).As<byte, T>()[(int)op.Immediate & 3]
                : cpu.Xmm[op.B.Index].As<byte, T>()[(int)op.Immediate & mask];
            if (op.A.IsMemory)
            {
                cpu.Store(op, value);
                return;
            }

            if (isMmx)
            {
                cpu.EnterMmx();
            }

            cpu.Regs[op.A.Index] = Vector128.CreateScalar(value).AsUInt64().ToScalar();
        });

    private static void AddMask(HandlerTable table, Mnemonic mnemonic, Func<Vector128<byte>, uint> mask) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            var isMmx = op.B.Kind == OperandKind.Mmx;
            Check(cpu, isMmx);
            if (isMmx)
            {
                cpu.EnterMmx();
            }

            cpu.Regs[op.A.Index] = mask(isMmx ? cpu.GetMmx(op.B.Index) : cpu.Xmm[op.B.Index]);
        });

    private static void Check(Cpu cpu, bool isMmx)
    {
        if (isMmx)
        {
            cpu.CheckMmx();
        }
        else
        {
            cpu.CheckSse();
        }
    }

    private static void InsertSingle(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        var control = (int)op.Immediate;
        var value = op.B.IsMemory ? cpu.Load<uint>(op) : cpu.Xmm[op.B.Index].AsUInt32()[(control >> 6) & 3];
        ref var a = ref cpu.Xmm[op.A.Index];
        var result = a.AsUInt32().WithElement((control >> 4) & 3, value);
        for (var index = 0; index < 4; index++)
        {
            result = (control & (1 << index)) != 0 ? result.WithElement(index, 0u) : result;
        }

        a = result.AsByte();
    }
}
