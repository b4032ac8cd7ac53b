using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>Flags, interrupts by instruction, system calls, and waiting.</summary>
internal static class Control
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Clc, static (Cpu cpu, in Op _) => cpu.SetCarry(false));
        table.Add(Mnemonic.Stc, static (Cpu cpu, in Op _) => cpu.SetCarry(true));
        table.Add(Mnemonic.Cmc, static (Cpu cpu, in Op _) => cpu.SetCarry(!cpu.Carry));
        table.Add(Mnemonic.Cld, static (Cpu cpu, in Op _) => cpu.ChangeFlags(Rflags.Direction, 0));
        table.Add(Mnemonic.Std, static (Cpu cpu, in Op _) => cpu.ChangeFlags(Rflags.Direction, Rflags.Direction));
        table.Add(Mnemonic.Cli, static (Cpu cpu, in Op _) => SetInterrupts(cpu, 0));
        table.Add(Mnemonic.Sti, static (Cpu cpu, in Op _) => SetInterrupts(cpu, Rflags.Interrupt));
        table.Add(Mnemonic.Int3, static (Cpu cpu, in Op op) => Interrupt(cpu, op, Vector.Breakpoint, InterruptKind.Software));
        table.Add(Mnemonic.Int, static (Cpu cpu, in Op op) => Interrupt(cpu, op, (byte)op.Immediate, InterruptKind.Software));
        table.Add(Mnemonic.Int1, static (Cpu cpu, in Op op) => Interrupt(cpu, op, Vector.Debug, InterruptKind.Trap));
        table.Add(Mnemonic.Into, InterruptOnOverflow);
        table.Add(Mnemonic.Bound, CheckBounds);
        table.Add(Mnemonic.Ud0, static (Cpu cpu, in Op _) => throw cpu.InvalidOpcode());
        table.Add(Mnemonic.Ud1, static (Cpu cpu, in Op _) => throw cpu.InvalidOpcode());
        table.Add(Mnemonic.Ud2, static (Cpu cpu, in Op _) => throw cpu.InvalidOpcode());
        table.Add(Mnemonic.Hlt, Halt, endsBlock: true);
        table.Add(Mnemonic.Syscall, CallSystem, endsBlock: true);
        table.Add(Code.Sysretd, static (Cpu cpu, in Op _) => ReturnFromSystem(cpu, to64Bit: false), endsBlock: true);
        table.Add(Code.Sysretq, static (Cpu cpu, in Op _) => ReturnFromSystem(cpu, to64Bit: true), endsBlock: true);
        table.Add(Mnemonic.Sysenter, EnterSystem, endsBlock: true);
        table.Add(Code.Sysexitd, ExitSystem, endsBlock: true);
        table.Add(Code.Sysexitq, ExitSystem, endsBlock: true);
    }

    private static void SetInterrupts(Cpu cpu, ulong value)
    {
        if (cpu.Cpl > cpu.IoPrivilege)
        {
            throw cpu.GeneralProtection();
        }

        cpu.ChangeFlags(Rflags.Interrupt, value);
    }

    private static void Interrupt(Cpu cpu, in Op op, int vector, InterruptKind kind)
    {
        cpu.Rip = op.NextRip;
        cpu.Interrupt(vector, kind, null);
        cpu.StepByNewTrap();
    }

    private static void InterruptOnOverflow(Cpu cpu, in Op op)
    {
        if (cpu.Overflow)
        {
            Interrupt(cpu, op, Vector.Overflow, InterruptKind.Software);
        }
    }

    private static void CheckBounds(Cpu cpu, in Op op)
    {
        var linear = cpu.LinearOf(op, op.Size * 2, forWrite: false);
        var lower = (long)Cpu.SignExtend(cpu.Read(linear, op.Segment, op.Size), op.Size);
        var upper = (long)Cpu.SignExtend(cpu.Read(linear + op.Size, op.Segment, op.Size), op.Size);
        var index = (long)Cpu.SignExtend(cpu.GetA(op), op.Size);
        if (index < lower || index > upper)
        {
            throw cpu.Fault(Vector.Bound);
        }
    }

    private static void Halt(Cpu cpu, in Op op)
    {
        SystemMoves.RequireSupervisor(cpu);
        cpu.Ask(new HostRequest(HostRequestKind.Halt));
    }

    private static void CallSystem(Cpu cpu, in Op op)
    {
        if ((cpu.ExtendedFeatures & Efer.Syscall) == 0 || !cpu.IsProtected)
        {
            throw cpu.InvalidOpcode();
        }

        var code = (ushort)((cpu.SyscallSegments >> 32) & 0xFFFC);
        if (cpu.IsLongMode)
        {
            cpu.Regs[Gpr.Rcx] = op.NextRip;
            cpu.Regs[Gpr.R11] = cpu.Flags & ~Rflags.Resume;
            cpu.Rip = cpu.Is64Bit ? cpu.SyscallTarget64 : cpu.SyscallTarget32;
            cpu.SetFlags(cpu.Flags & ~cpu.SyscallClears & ~Rflags.Resume);
        }
        else
        {
            cpu.Regs[Gpr.Rcx] = (uint)op.NextRip;
            cpu.Rip = (uint)cpu.SyscallSegments;
            cpu.SetFlags(cpu.Flags & ~(Rflags.Interrupt | Rflags.Resume | Rflags.Virtual8086));
        }

        SetFlatSegments(cpu, code, (ushort)(code + 8), level: 0, isLong: cpu.IsLongMode);
        cpu.StepByNewTrap();
    }

    private static void ReturnFromSystem(Cpu cpu, bool to64Bit)
    {
        if ((cpu.ExtendedFeatures & Efer.Syscall) == 0 || !cpu.IsProtected)
        {
            throw cpu.InvalidOpcode();
        }

        SystemMoves.RequireSupervisor(cpu);
        var selectors = (ushort)(cpu.SyscallSegments >> 48);

        // An address that is not canonical faults when it is fetched from, in ring 3, as on the processors whose name CPUID tells.
        cpu.Rip = to64Bit ? cpu.Regs[Gpr.Rcx] : (uint)cpu.Regs[Gpr.Rcx];
        if (cpu.IsLongMode)
        {
            cpu.SetFlags(cpu.Regs[Gpr.R11] & ~(Rflags.Resume | Rflags.Virtual8086));
        }
        else
        {
            cpu.ChangeFlags(0, Rflags.Interrupt);
        }

        SetFlatSegments(
            cpu, (ushort)((selectors + (to64Bit ? 16 : 0)) | 3), (ushort)((selectors + 8) | 3), level: 3, isLong: to64Bit);
        cpu.StepByNewTrap();
    }

    // There is none in long mode on the processors whose name CPUID tells.
    private static void EnterSystem(Cpu cpu, in Op op)
    {
        if (cpu.IsLongMode)
        {
            throw cpu.InvalidOpcode();
        }

        if (!cpu.IsProtected || (cpu.SysenterCs & 0xFFFC) == 0)
        {
            throw cpu.GeneralProtection();
        }

        cpu.ChangeFlags(Rflags.Virtual8086 | Rflags.Interrupt | Rflags.Resume, 0);
        cpu.Rip = (uint)cpu.SysenterRip;
        cpu.Regs[Gpr.Rsp] = (uint)cpu.SysenterRsp;
        var code = (ushort)(cpu.SysenterCs & 0xFFFC);
        SetFlatSegments(cpu, code, (ushort)(code + 8), level: 0, isLong: false);
    }

    private static void ExitSystem(Cpu cpu, in Op op)
    {
        if (cpu.IsLongMode)
        {
            throw cpu.InvalidOpcode();
        }

        if (!cpu.IsProtected || cpu.Cpl != 0 || (cpu.SysenterCs & 0xFFFC) == 0)
        {
            throw cpu.GeneralProtection();
        }

        cpu.Rip = (uint)cpu.Regs[Gpr.Rdx];
        cpu.Regs[Gpr.Rsp] = (uint)cpu.Regs[Gpr.Rcx];
        var code = (ushort)((cpu.SysenterCs & 0xFFFC) + 16);
        SetFlatSegments(cpu, (ushort)(code | 3), (ushort)((code + 8) | 3), level: 3, isLong: false);
    }

    // These instructions read no descriptors: code and stack are flat whatever the table says.
    private static void SetFlatSegments(Cpu cpu, ushort code, ushort stack, int level, bool isLong)
    {
        var privilege = level << 5;
        cpu.Segments[(int)Seg.Cs] = new SegmentRegister
        {
            Selector = code,
            Limit = uint.MaxValue,
            Access = (ushort)((isLong ? 0xA09B : 0xC09B) | privilege),
        };
        cpu.Segments[(int)Seg.Ss] = new SegmentRegister
        {
            Selector = stack,
            Limit = uint.MaxValue,
            Access = (ushort)(0xC093 | privilege),
        };
        cpu.SetCpl(level);
        cpu.RefreshMode();
    }
}
