using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Saving and restoring the x87 and SSE registers (Intel SDM vol. 1, sections 10.5 and 13.4), and XCR0.</summary>
internal static class ExtendedState
{
    private const int RegistersAt = 32, XmmAt = 160, HeaderAt = 512;

    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Code.Fxsave_m512byte, static (Cpu cpu, in Op op) => Save(cpu, op, isLong: false));
        table.Add(Code.Fxsave64_m512byte, static (Cpu cpu, in Op op) => Save(cpu, op, isLong: true));
        table.Add(Code.Fxrstor_m512byte, static (Cpu cpu, in Op op) => Restore(cpu, op, isLong: false));
        table.Add(Code.Fxrstor64_m512byte, static (Cpu cpu, in Op op) => Restore(cpu, op, isLong: true));
        table.Add(Code.Xsave_mem, static (Cpu cpu, in Op op) => SaveParts(cpu, op, isLong: false));
        table.Add(Code.Xsave64_mem, static (Cpu cpu, in Op op) => SaveParts(cpu, op, isLong: true));
        table.Add(Code.Xsaveopt_mem, static (Cpu cpu, in Op op) => SaveParts(cpu, op, isLong: false));
        table.Add(Code.Xsaveopt64_mem, static (Cpu cpu, in Op op) => SaveParts(cpu, op, isLong: true));
        table.Add(Code.Xrstor_mem, static (Cpu cpu, in Op op) => RestoreParts(cpu, op, isLong: false));
        table.Add(Code.Xrstor64_mem, static (Cpu cpu, in Op op) => RestoreParts(cpu, op, isLong: true));
        table.Add(Mnemonic.Xgetbv, ReadControl);
        table.Add(Mnemonic.Xsetbv, WriteControl, endsBlock: true);
        table.Add(Mnemonic.Ldmxcsr, LoadMxcsr);
        table.Add(Mnemonic.Stmxcsr, static (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            cpu.Store(op, cpu.Mxcsr);
        });
    }

    private static void LoadMxcsr(Cpu cpu, in Op op)
    {
        cpu.CheckSse();
        var value = cpu.Load<uint>(op);
        cpu.Mxcsr = (value & ~Cpu.MxcsrMask) == 0 ? value : throw cpu.GeneralProtection();
    }

    private static ulong Area(Cpu cpu, in Op op, int size, ulong alignment, bool forWrite)
    {
        if ((cpu.Control0 & Cr0.Emulation) != 0 && alignment == 16)
        {
            throw cpu.Fault(Processor.Vector.DeviceNotAvailable);
        }

        if ((cpu.Control0 & Cr0.TaskSwitched) != 0)
        {
            throw cpu.Fault(Processor.Vector.DeviceNotAvailable);
        }

        var linear = cpu.LinearOf(op, size, forWrite);
        if ((linear & (alignment - 1)) != 0)
        {
            throw cpu.GeneralProtection();
        }

        if (forWrite)
        {
            cpu.CheckWrite(linear, op.Segment, size);
        }

        return linear;
    }

    private static void Save(Cpu cpu, in Op op, bool isLong)
    {
        var linear = Area(cpu, op, 512, 16, forWrite: true);
        SaveX87(cpu, op, linear, isLong);
        SaveMxcsr(cpu, op, linear);
        SaveXmm(cpu, op, linear);
    }

    private static void Restore(Cpu cpu, in Op op, bool isLong)
    {
        var linear = Area(cpu, op, 512, 16, forWrite: false);
        var mxcsr = ReadMxcsr(cpu, op, linear);

        // All that may fault, first.
        _ = cpu.Read<byte>(linear + 511, op.Segment);
        RestoreX87(cpu, op, linear, isLong);
        if ((cpu.Control4 & Cr4.Fxsr) != 0)
        {
            cpu.Mxcsr = mxcsr;
            RestoreXmm(cpu, op, linear);
        }
    }

    private static void CheckParts(Cpu cpu)
    {
        if ((cpu.Control4 & Cr4.Xsave) == 0)
        {
            throw cpu.InvalidOpcode();
        }
    }

    private static ulong Wanted(Cpu cpu) => ((uint)cpu.Regs[Gpr.Rax] | (cpu.Regs[Gpr.Rdx] << 32)) & cpu.ExtendedControl;

    private static void SaveParts(Cpu cpu, in Op op, bool isLong)
    {
        CheckParts(cpu);
        var linear = Area(cpu, op, HeaderAt + 64, 64, forWrite: true);
        var wanted = Wanted(cpu);
        var present = cpu.Read<ulong>(linear + HeaderAt, op.Segment);
        if ((wanted & 1) != 0)
        {
            SaveX87(cpu, op, linear, isLong);
        }

        if ((wanted & 2) != 0)
        {
            SaveMxcsr(cpu, op, linear);
            SaveXmm(cpu, op, linear);
        }

        cpu.Write(linear + HeaderAt, op.Segment, (present & ~wanted) | wanted);
    }

    private static void RestoreParts(Cpu cpu, in Op op, bool isLong)
    {
        CheckParts(cpu);
        var linear = Area(cpu, op, HeaderAt + 64, 64, forWrite: false);
        var present = cpu.Read<ulong>(linear + HeaderAt, op.Segment);
        if ((present & ~cpu.ExtendedControl) != 0
            || cpu.Read<ulong>(linear + HeaderAt + 8, op.Segment) != 0
            || cpu.Read<ulong>(linear + HeaderAt + 16, op.Segment) != 0)
        {
            throw cpu.GeneralProtection();
        }

        var wanted = Wanted(cpu);
        var mxcsr = (wanted & 2) != 0 ? ReadMxcsr(cpu, op, linear) : cpu.Mxcsr;
        _ = cpu.Read<byte>(linear, op.Segment);
        if ((wanted & 1) != 0)
        {
            if ((present & 1) != 0)
            {
                RestoreX87(cpu, op, linear, isLong);
            }
            else
            {
                cpu.X87.Reset();
            }
        }

        if ((wanted & 2) == 0)
        {
            return;
        }

        cpu.Mxcsr = mxcsr;
        if ((present & 2) != 0)
        {
            RestoreXmm(cpu, op, linear);
        }
        else
        {
            Array.Clear(cpu.Xmm);
        }
    }

    private static void SaveX87(Cpu cpu, in Op op, ulong linear, bool isLong)
    {
        var x87 = cpu.X87;
        cpu.Write(linear, op.Segment, x87.Control);
        cpu.Write(linear + 2, op.Segment, x87.StatusWord);
        cpu.Write(linear + 4, op.Segment, (ushort)(byte)~x87.EmptyMask);

        // As on AMD's processors: pointers are only for whoever handles an exception that is pending.
        var (opcode, instruction, operand) = !x87.HasPendingException ? ((ushort)0, 0UL, 0UL)
            : isLong ? (x87.LastOpcode, x87.LastInstruction, x87.LastOperand)
            : (x87.LastOpcode, (uint)x87.LastInstruction | ((ulong)x87.LastCode << 32), (uint)x87.LastOperand | ((ulong)x87.LastData << 32));
        cpu.Write(linear + 6, op.Segment, opcode);
        cpu.Write(linear + 8, op.Segment, instruction);
        cpu.Write(linear + 16, op.Segment, operand);
        for (var index = 0; index < 8; index++)
        {
            var register = (x87.Top + index) & 7;
            cpu.Write(linear + RegistersAt + (16UL * (ulong)index), op.Segment, x87.Significands[register]);
            cpu.Write(linear + RegistersAt + (16UL * (ulong)index) + 8, op.Segment, (ulong)x87.SignExponents[register]);
        }
    }

    private static void RestoreX87(Cpu cpu, in Op op, ulong linear, bool isLong)
    {
        var x87 = cpu.X87;
        x87.Control = (ushort)((cpu.Read<ushort>(linear, op.Segment) & 0x1F3F) | 0x40);
        x87.StatusWord = cpu.Read<ushort>(linear + 2, op.Segment);
        x87.UpdateSummary();
        x87.EmptyMask = (byte)~cpu.Read<byte>(linear + 4, op.Segment);
        x87.LastOpcode = (ushort)(cpu.Read<ushort>(linear + 6, op.Segment) & 0x7FF);
        var (instruction, operand) = (cpu.Read<ulong>(linear + 8, op.Segment), cpu.Read<ulong>(linear + 16, op.Segment));
        (x87.LastInstruction, x87.LastOperand) = isLong ? (instruction, operand) : ((uint)instruction, (uint)operand);
        (x87.LastCode, x87.LastData) = isLong ? ((ushort)0, (ushort)0) : ((ushort)(instruction >> 32), (ushort)(operand >> 32));
        for (var index = 0; index < 8; index++)
        {
            var register = (x87.Top + index) & 7;
            x87.Significands[register] = cpu.Read<ulong>(linear + RegistersAt + (16UL * (ulong)index), op.Segment);
            x87.SignExponents[register] = cpu.Read<ushort>(linear + RegistersAt + (16UL * (ulong)index) + 8, op.Segment);
        }
    }

    private static void SaveMxcsr(Cpu cpu, in Op op, ulong linear)
    {
        cpu.Write(linear + 24, op.Segment, cpu.Mxcsr);
        cpu.Write(linear + 28, op.Segment, Cpu.MxcsrMask);
    }

    private static uint ReadMxcsr(Cpu cpu, in Op op, ulong linear)
    {
        var mxcsr = cpu.Read<uint>(linear + 24, op.Segment);
        return (mxcsr & ~Cpu.MxcsrMask) == 0 ? mxcsr : throw cpu.GeneralProtection();
    }

    private static void SaveXmm(Cpu cpu, in Op op, ulong linear)
    {
        for (var index = 0; index < (cpu.Is64Bit ? 16 : 8); index++)
        {
            cpu.Write(linear + XmmAt + (16UL * (ulong)index), op.Segment, cpu.Xmm[index]);
        }
    }

    private static void RestoreXmm(Cpu cpu, in Op op, ulong linear)
    {
        for (var index = 0; index < (cpu.Is64Bit ? 16 : 8); index++)
        {
            cpu.Xmm[index] = cpu.Read<Vector128<byte>>(linear + XmmAt + (16UL * (ulong)index), op.Segment);
        }
    }

    private static void ReadControl(Cpu cpu, in Op op)
    {
        CheckParts(cpu);
        var value = (uint)cpu.Regs[Gpr.Rcx] == 0 ? cpu.ExtendedControl : throw cpu.GeneralProtection();
        (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = ((uint)value, value >> 32);
    }

    private static void WriteControl(Cpu cpu, in Op op)
    {
        CheckParts(cpu);
        SystemMoves.RequireSupervisor(cpu);
        var value = (uint)cpu.Regs[Gpr.Rax] | (cpu.Regs[Gpr.Rdx] << 32);
        if ((uint)cpu.Regs[Gpr.Rcx] != 0 || value is not (1 or 3))
        {
            throw cpu.GeneralProtection();
        }

        cpu.ExtendedControl = value;
    }
}
