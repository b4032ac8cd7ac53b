using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KvmActors.Machine.Processor;
using KvmActors.Software.Decoding;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>Tells of each instruction what it changed: general, segment, control and SSE registers, before against after.</summary>
/// <param name="cpu">The processor.</param>
/// <param name="trace">Who is told.</param>
internal sealed class InstructionRecorder(Cpu cpu, IInstructionTrace trace)
{
    private static readonly string[] GeneralNames =
    [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    ];

    private static readonly string[] SystemNames =
    [
        "rflags", "es", "cs", "ss", "ds", "fs", "gs", "fs_base", "gs_base", "cr0", "cr2", "cr3", "cr4", "efer",
    ];

    private static readonly string[] XmmNames = [.. Enumerable.Range(0, 16).Select(number => FormattableString.Invariant($"xmm{number}"))];

    private readonly ulong[] _general = new ulong[GeneralNames.Length];
    private readonly ulong[] _system = new ulong[SystemNames.Length];
    private readonly ulong[] _systemNow = new ulong[SystemNames.Length];
    private readonly Vector128<byte>[] _xmm = new Vector128<byte>[XmmNames.Length];
    private readonly RegisterChange[] _changes = new RegisterChange[GeneralNames.Length + SystemNames.Length + XmmNames.Length];
    private int _bits;

    /// <summary>An instruction is about to be executed.</summary>
    public void Begin()
    {
        _bits = cpu.CodeSize * 8;
        ((ReadOnlySpan<ulong>)cpu.Regs)[.._general.Length].CopyTo(_general);
        ReadSystem(_system);
        cpu.Xmm.CopyTo(_xmm, 0);
    }

    /// <summary>It was executed.</summary>
    /// <param name="block">The block whose first it is.</param>
    public void End(Block block)
    {
        var count = 0;
        for (var index = 0; index < _general.Length; index++)
        {
            if (cpu.Regs[index] != _general[index])
            {
                _changes[count++] = new RegisterChange(GeneralNames[index], cpu.Regs[index]);
            }
        }

        ReadSystem(_systemNow);
        for (var index = 0; index < _system.Length; index++)
        {
            if (_systemNow[index] != _system[index])
            {
                _changes[count++] = new RegisterChange(SystemNames[index], _systemNow[index]);
            }
        }

        for (var index = 0; index < _xmm.Length; index++)
        {
            if (cpu.Xmm[index] != _xmm[index])
            {
                _changes[count++] = new RegisterChange(XmmNames[index], MemoryMarshal.Read<UInt128>(MemoryMarshal.AsBytes(cpu.Xmm.AsSpan(index, 1))));
            }
        }

        ref readonly var op = ref block.Ops[0];
        trace.Executed(new ExecutedInstruction(cpu.Retired, op.Rip, _bits), block.Bytes.AsSpan(0, op.Length), _changes.AsSpan(0, count));
    }

    /// <summary>An exception was delivered.</summary>
    public void Interrupted(int vector, ulong from) => trace.Interrupted(new TakenInterrupt(cpu.Retired, vector, from, cpu.Rip));

    private void ReadSystem(ulong[] values)
    {
        values[0] = cpu.Flags;
        for (var segment = Seg.Es; segment <= Seg.Gs; segment++)
        {
            values[1 + (int)segment] = cpu.Segments[(int)segment].Selector;
        }

        (values[7], values[8]) = (cpu.Segments[(int)Seg.Fs].Base, cpu.Segments[(int)Seg.Gs].Base);
        (values[9], values[10], values[11], values[12], values[13]) = (cpu.Control0, cpu.Cr2, cpu.Control3, cpu.Control4, cpu.ExtendedFeatures);
    }
}
