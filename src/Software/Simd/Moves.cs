using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>Moves between registers and memory, aligned, unaligned, of parts, and past the caches.</summary>
internal static class Moves
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Movaps, Mnemonic.Movapd, Mnemonic.Movdqa, Mnemonic.Movntps, Mnemonic.Movntpd, Mnemonic.Movntdq, Mnemonic.Movntdqa])
        {
            table.Add(mnemonic, static (in Op op) => op.A.IsMemory ? StoreAligned : op.B.IsMemory ? LoadAligned : Copy);
        }

        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Movups, Mnemonic.Movupd, Mnemonic.Movdqu, Mnemonic.Lddqu])
        {
            table.Add(mnemonic, static (in Op op) => op.A.IsMemory ? Store : op.B.IsMemory ? Load : Copy);
        }

        AddScalar<uint>(table, Mnemonic.Movss);
        AddScalar<ulong>(table, Mnemonic.Movsd);
        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Movlps, Mnemonic.Movlpd])
        {
            table.Add(mnemonic, static (Cpu cpu, in Op op) => MoveHalf(cpu, op, 0));
        }

        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Movhps, Mnemonic.Movhpd])
        {
            table.Add(mnemonic, static (Cpu cpu, in Op op) => MoveHalf(cpu, op, 1));
        }

        AddPair(table, Mnemonic.Movlhps, static (a, b) => VectorTable.Join(a, b));
        AddPair(table, Mnemonic.Movhlps, static (a, b) => Vector128.Create(b.GetUpper(), a.GetUpper()));
        AddGeneral<uint>(table, Mnemonic.Movd);
        AddGeneral<ulong>(table, Mnemonic.Movq);
        table.Add(Mnemonic.Movdq2q, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            cpu.SetMmx(op.A.Index, cpu.Xmm[op.B.Index]);
        });
        table.Add(Mnemonic.Movq2dq, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            cpu.EnterMmx();
            cpu.Xmm[op.A.Index] = cpu.GetMmx(op.B.Index);
        });
        table.Add(Mnemonic.Movntq, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            cpu.Store(op, cpu.X87.Significands[op.B.Index]);
            cpu.EnterMmx();
        });
        table.Add(Mnemonic.Movnti, static (Cpu cpu, in Op op) => cpu.Set(op, op.A, op.Size, cpu.Get(op, op.B, op.Size)));
        table.Add(Mnemonic.Maskmovdqu, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            StoreBytes(cpu, op, cpu.Xmm[op.B.Index], cpu.Xmm[op.C.Index], 16);
        });
        table.Add(Mnemonic.Maskmovq, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            StoreBytes(cpu, op, cpu.GetMmx(op.B.Index), cpu.GetMmx(op.C.Index), 8);
            cpu.EnterMmx();
        });
        table.Add(Mnemonic.Emms, static (Cpu cpu, in Op _) =>
        {
            cpu.CheckMmx();
            (cpu.X87.Top, cpu.X87.EmptyMask) = (0, 0xFF);
        });
    }

    private static void Copy(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        cpu.Xmm[op.A.Index] = cpu.Xmm[op.B.Index];
    }

    private static void Load(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        cpu.Xmm[op.A.Index] = cpu.Load<Vector128<byte>>(op);
    }

    private static void LoadAligned(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        cpu.Xmm[op.A.Index] = cpu.LoadAligned(op);
    }

    private static void Store(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        cpu.Store(op, cpu.Xmm[op.B.Index]);
    }

    private static void StoreAligned(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        cpu.StoreAligned(op, cpu.Xmm[op.B.Index]);
    }

    // MOVSS and MOVSD: from memory they clear what is above, from a register they keep it.
    private static void AddScalar<T>(HandlerTable table, Mnemonic mnemonic)
        where T : unmanaged
    {
        OpHandler load = static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            cpu.Xmm[op.A.Index] = Vector128.CreateScalar(cpu.Load<T>(op)).AsByte();
        };
        OpHandler store = static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            cpu.Store(op, cpu.Xmm[op.B.Index].As<byte, T>().ToScalar());
        };
        OpHandler copy = static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            ref var a = ref cpu.Xmm[op.A.Index];
            a = a.As<byte, T>().WithElement(0, cpu.Xmm[op.B.Index].As<byte, T>().ToScalar()).AsByte();
        };
        table.Add(mnemonic, (in Op op) => op.A.IsMemory ? store : op.B.IsMemory ? load : copy);
    }

    private static void MoveHalf(Cpu cpu, in Op op, int half)
    {
        cpu.CheckSse();
        if (op.A.IsMemory)
        {
            cpu.Store(op, cpu.Xmm[op.B.Index].AsUInt64()[half]);
            return;
        }

        var value = cpu.Load<ulong>(op);
        ref var a = ref cpu.Xmm[op.A.Index];
        a = a.AsUInt64().WithElement(half, value).AsByte();
    }

    private static void AddPair(HandlerTable table, Mnemonic mnemonic, VectorFunction function) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            ref var a = ref cpu.Xmm[op.A.Index];
            a = function(a, cpu.Xmm[op.B.Index]);
        });

    // MOVD and MOVQ: between XMM or MMX registers and general ones or memory.
    private static void AddGeneral<T>(HandlerTable table, Mnemonic mnemonic)
        where T : unmanaged =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            var isMmx = op.A.Kind == OperandKind.Mmx || op.B.Kind == OperandKind.Mmx;
            if (isMmx)
            {
                cpu.CheckMmx();
            }
            else
            {
                cpu.CheckSse();
            }

            var source = op.B.Kind switch
            {
                OperandKind.Xmm => cpu.Xmm[op.B.Index],
                OperandKind.Mmx => cpu.GetMmx(op.B.Index),
                OperandKind.Memory => Vector128.CreateScalar(cpu.Load<T>(op)).AsByte(),
                _ => Vector128.CreateScalar(cpu.Regs[op.B.Index]).AsByte(),
            };
            var value = source.As<byte, T>().ToScalar();
            if (op.A.IsMemory)
            {
                cpu.Store(op, value);
            }

            if (isMmx)
            {
                cpu.EnterMmx();
            }

            var wide = Vector128.CreateScalar(value).AsByte();
            switch (op.A.Kind)
            {
                case OperandKind.Xmm:
                    cpu.Xmm[op.A.Index] = wide;
                    break;
                case OperandKind.Mmx:
                    cpu.WriteMmx(op.A.Index, wide.AsUInt64().ToScalar());
                    break;
                case OperandKind.Register:
                    cpu.Regs[op.A.Index] = wide.AsUInt64().ToScalar();
                    break;
            }
        });

    // MASKMOVDQU and MASKMOVQ write to DS:rDI the bytes whose masks have their top bits set.
    private static void StoreBytes(Cpu cpu, in Op op, Vector128<byte> value, Vector128<byte> mask, int size)
    {
        var selected = mask.ExtractMostSignificantBits();
        if (selected == 0)
        {
            return;
        }

        var offset = cpu.Regs[Gpr.Rdi] << op.AddressShift >> op.AddressShift;
        var linear = cpu.Is64Bit && op.Segment < Seg.Fs ? offset : cpu.Linear(op.Segment, offset, size, forWrite: true);
        for (var at = 0; at < size; at++)
        {
            if ((selected & (1u << at)) != 0)
            {
                cpu.CheckWrite(linear + (ulong)at, op.Segment, 1);
            }
        }

        for (var at = 0; at < size; at++)
        {
            if ((selected & (1u << at)) != 0)
            {
                cpu.Write(linear + (ulong)at, op.Segment, value[at]);
            }
        }
    }
}
