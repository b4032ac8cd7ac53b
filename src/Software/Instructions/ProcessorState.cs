using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>CPUID, time stamps, model-specific registers, random numbers, caches.</summary>
internal static class ProcessorState
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Mnemonic.Cpuid, Identify, endsBlock: true);
        table.Add(Mnemonic.Rdtsc, ReadTime);
        table.Add(Mnemonic.Rdtscp, static (Cpu cpu, in Op op) =>
        {
            ReadTime(cpu, op);
            cpu.Regs[Gpr.Rcx] = (uint)cpu.TscAuxiliary;
        });
        table.Add(Mnemonic.Rdpid, static (Cpu cpu, in Op op) => cpu.Regs[op.A.Index & 15] = (uint)cpu.TscAuxiliary);
        table.Add(Mnemonic.Rdmsr, ReadMsr);
        table.Add(Mnemonic.Wrmsr, WriteMsr, endsBlock: true);
        table.Add(Mnemonic.Rdrand, Random);
        table.Add(Mnemonic.Rdseed, Random);
        table.Add(Mnemonic.Invlpg, InvalidatePage, endsBlock: true);
        foreach (var mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Invd, Mnemonic.Wbinvd])
        {
            table.Add(mnemonic, static (Cpu cpu, in Op _) => SystemMoves.RequireSupervisor(cpu));
        }

        foreach (var mnemonic in (ReadOnlySpan<Mnemonic>)
        [
            Mnemonic.Prefetch, Mnemonic.Prefetchw, Mnemonic.Prefetchwt1, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2,
            Mnemonic.Prefetchnta, Mnemonic.Reservednop,
        ])
        {
            table.Add(mnemonic, static (Cpu _, in Op _) => { });
        }

        foreach (var mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Mfence, Mnemonic.Lfence, Mnemonic.Sfence])
        {
            table.Add(mnemonic, static (Cpu _, in Op _) => Interlocked.MemoryBarrier());
        }

        foreach (var mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Clflush, Mnemonic.Clflushopt, Mnemonic.Clwb])
        {
            // The line has to be there, though there is no cache to flush it from.
            table.Add(mnemonic, static (Cpu cpu, in Op op) => _ = cpu.Read<byte>(cpu.LinearOf(op, 1, forWrite: false), op.Segment));
        }
    }

    private static void Identify(Cpu cpu, in Op op)
    {
        cpu.HasSerialized = true;
        var (eax, ebx, ecx, edx) = Cpuid.Get(cpu, (uint)cpu.Regs[Gpr.Rax], (uint)cpu.Regs[Gpr.Rcx]);
        (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rbx], cpu.Regs[Gpr.Rcx], cpu.Regs[Gpr.Rdx]) = (eax, ebx, ecx, edx);
    }

    private static void ReadTime(Cpu cpu, in Op op)
    {
        if (cpu.Cpl > 0 && (cpu.Control4 & Cr4.TimeStampDisable) != 0)
        {
            throw cpu.GeneralProtection();
        }

        var time = cpu.TimeStamp;
        (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = ((uint)time, time >> 32);
    }

    private static void ReadMsr(Cpu cpu, in Op op)
    {
        SystemMoves.RequireSupervisor(cpu);
        if (!cpu.TryReadMsr((uint)cpu.Regs[Gpr.Rcx], out var value))
        {
            throw cpu.GeneralProtection();
        }

        (cpu.Regs[Gpr.Rax], cpu.Regs[Gpr.Rdx]) = ((uint)value, value >> 32);
    }

    private static void WriteMsr(Cpu cpu, in Op op)
    {
        SystemMoves.RequireSupervisor(cpu);
        var value = (uint)cpu.Regs[Gpr.Rax] | (cpu.Regs[Gpr.Rdx] << 32);
        if (!cpu.TryWriteMsr((uint)cpu.Regs[Gpr.Rcx], value))
        {
            throw cpu.GeneralProtection();
        }
    }

    private static void Random(Cpu cpu, in Op op)
    {
        cpu.SetA(op, cpu.NextRandom());
        cpu.SetStatus(Rflags.Status, Rflags.Carry);
    }

    private static void InvalidatePage(Cpu cpu, in Op op)
    {
        SystemMoves.RequireSupervisor(cpu);
        var offset = cpu.OffsetOf(op);
        cpu.Tlb.Invalidate(
            !cpu.Is64Bit ? (uint)(cpu.Segments[(int)op.Segment].Base + offset)
            : op.Segment >= Seg.Fs ? cpu.Segments[(int)op.Segment].Base + offset
            : offset);
    }
}
