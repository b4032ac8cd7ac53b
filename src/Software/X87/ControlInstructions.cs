using Iced.Intel;
using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>Control instructions, and constants (Intel SDM vol. 1, sections 8.3.4 and 8.3.9).</summary>
internal static class ControlInstructions
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Wait, static (Cpu cpu, in Op _) => Wait(cpu));
        table.Add(Mnemonic.Fnop, static (Cpu cpu, in Op op) =>
        {
            RegisterStack.Begin(cpu);
            RegisterStack.Note(cpu, op, keepsC1: true);
        });
        table.Add(Mnemonic.Fninit, static (Cpu cpu, in Op _) =>
        {
            cpu.CheckX87(waits: false);
            cpu.X87.Initialize();
        });
        table.Add(Mnemonic.Fnclex, static (Cpu cpu, in Op _) =>
        {
            cpu.CheckX87(waits: false);
            cpu.X87.Status &= 0x7F00;
        });
        table.Add(Mnemonic.Fldcw, LoadControl);
        table.Add(Mnemonic.Fnstcw, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckX87(waits: false);
            cpu.Store(op, cpu.X87.Control);
        });
        table.Add(Mnemonic.Fnstsw, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckX87(waits: false);
            cpu.Set(op, op.A, 2, cpu.X87.StatusWord);
        });
        table.Add(Mnemonic.Ffree, static (Cpu cpu, in Op op) => Free(cpu, op, pops: false));
        table.Add(Mnemonic.Ffreep, static (Cpu cpu, in Op op) => Free(cpu, op, pops: true));
        table.Add(Mnemonic.Fincstp, static (Cpu cpu, in Op op) => Turn(cpu, op, 1));
        table.Add(Mnemonic.Fdecstp, static (Cpu cpu, in Op op) => Turn(cpu, op, -1));

        // What the 8087 and the 80287 had for interrupts and protected mode does nothing any more.
        foreach (var mnemonic in (Mnemonic[])[Mnemonic.Fneni, Mnemonic.Fndisi, Mnemonic.Fnsetpm, Mnemonic.Frstpm])
        {
            table.Add(mnemonic, static (Cpu cpu, in Op _) => cpu.CheckX87(waits: false));
        }

        AddConstant(table, Mnemonic.Fld1, 0x8000_0000_0000_0000, 0, 0x3FFF);
        AddConstant(table, Mnemonic.Fldz, 0, 0, 0);
        AddConstant(table, Mnemonic.Fldpi, 0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1, 0x4000);
        AddConstant(table, Mnemonic.Fldl2e, 0xB8AA_3B29_5C17_F0BB, 0xBE87_FED0_691D_3E88, 0x3FFF);
        AddConstant(table, Mnemonic.Fldl2t, 0xD49A_784B_CD1B_8AFE, 0x492B_F6FF_4DAF_DB4C, 0x4000);
        AddConstant(table, Mnemonic.Fldlg2, 0x9A20_9A84_FBCF_F798, 0x8F89_59AC_0B7C_9178, 0x3FFD);
        AddConstant(table, Mnemonic.Fldln2, 0xB172_17F7_D1CF_79AB, 0xC9E3_B398_03F2_F6AF, 0x3FFE);
    }

    // Constants are rounded as RC says, and tell nothing of it.
    private static void AddConstant(HandlerTable table, Mnemonic mnemonic, ulong high, ulong low, ushort exponent)
    {
        var exact = high == 0 ? Number.Zero(false) : new Number(FloatKind.Finite, false, exponent - 16383, new UInt128(high, low));
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            var state = RegisterStack.Begin(cpu);
            RegisterStack.Note(cpu, op);
            var context = state.Context();
            context.Precision = 64;
            state.Push(Float80.Pack(Rounding.Round(exact, FloatFormat.Extended, ref context)));
        });
    }

    // WAIT looks at CR0.MP and TS together, and not at EM (Intel SDM vol. 2C, WAIT).
    private static void Wait(Cpu cpu)
    {
        const ulong Both = Cr0.MonitorCoprocessor | Cr0.TaskSwitched;
        if ((cpu.Control0 & Both) == Both)
        {
            throw cpu.Fault(Vector.DeviceNotAvailable);
        }

        if (cpu.X87.HasPendingException)
        {
            throw cpu.Fault(Vector.FloatingPoint);
        }
    }

    private static void LoadControl(Cpu cpu, in Op op)
    {
        cpu.CheckX87(waits: true);
        cpu.X87.Control = (ushort)((cpu.Load<ushort>(op) & 0x1F3F) | 0x40);
        cpu.X87.UpdateSummary();
    }

    private static void Free(Cpu cpu, in Op op, bool pops)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        state.EmptyMask |= (byte)(1 << state.Physical(op.A.Index));
        if (pops)
        {
            state.Pop();
        }
    }

    private static void Turn(Cpu cpu, in Op op, int count)
    {
        var state = RegisterStack.Begin(cpu);
        RegisterStack.Note(cpu, op);
        state.Top = (state.Top + count) & 7;
    }
}
