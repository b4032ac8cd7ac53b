using System.Buffers.Binary;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Software.Decoding;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <summary>A vCPU in software: its exits look as KVM's do.</summary>
internal sealed class SoftwareProcessor : IVcpu, IInstructionCounter
{
    /// <summary>Exits that one instruction may make before it is given up when state is saved.</summary>
    private const int MaxCompletions = 16;

    private readonly SoftwareMachine _machine;
    private readonly ExitPage _page = new();
    private readonly Cpu _cpu;
    private readonly BlockCache _blocks;
    private readonly Interpreter _interpreter;
    private readonly Func<bool> _isKicked;
    private ulong _turnEnds;

    /// <summary>Makes one in its reset state.</summary>
    public SoftwareProcessor(int index, PhysicalMemory memory, SoftwareMachine machine, UnknownInstructions unknown, ulong seed)
    {
        _machine = machine;
        _cpu = new Cpu(index, memory, machine)
        {
            RandomState = seed ^ ((ulong)index << 56),
            VectorFeatures = InstructionSet.VectorFeatures,
        };
        _blocks = new BlockCache(_cpu, new Translator(InstructionSet.Table, unknown));
        _interpreter = new Interpreter(_cpu, _blocks);
        _isKicked = () => _interpreter.IsKicked;
    }

    /// <inheritdoc/>
    public int Index => _cpu.Index;

    /// <inheritdoc/>
    public CoalescedWrites CoalescedWrites => default;

    /// <summary>Its state, for tests.</summary>
    public Cpu Cpu => _cpu;

    /// <summary>Its decoded blocks, for tests.</summary>
    public BlockCache Blocks => _blocks;

    /// <summary>What its machine's guests met and nothing executes.</summary>
    public UnknownInstructions Unknown => _machine.Unknown;

    /// <inheritdoc/>
    public bool StepsUnseen => true;

    /// <inheritdoc/>
    public ulong StopsAt { get; set; } = ulong.MaxValue;

    /// <inheritdoc/>
    public ulong Instructions => _cpu.Retired;

    /// <inheritdoc/>
    public void BindToCurrentThread()
    {
        // A kick is a flag: it needs to know no thread.
    }

    /// <inheritdoc/>
    public void Unbind() => _machine.Turns?.Leave(Index);

    /// <inheritdoc/>
    public VcpuExit Run()
    {
        TakeAnswer();

        // Whoever had the exit, or the turn, may have written to memory.
        _blocks.NoteOtherWriters();
        var stop = _machine.Turns is { } turns ? RunByTurns(turns) : _interpreter.Run(StopsAt);
        return stop == InterpreterStop.Request ? Exit() : _page.Plain(VcpuExitReason.Intr);
    }

    /// <inheritdoc/>
    public VcpuExit CompleteInstruction()
    {
        Kick();
        TakeAnswer();
        _interpreter.FinishInstruction();
        return _cpu.Request.Kind == HostRequestKind.None ? _page.Plain(VcpuExitReason.Intr) : Exit();
    }

    /// <inheritdoc/>
    public void Kick()
    {
        _interpreter.Kick();
        _machine.Turns?.Wake(Index);
    }

    /// <inheritdoc/>
    public void ClearKick() => _interpreter.ClearKick();

    /// <inheritdoc/>
    public bool Wait(VmStopSignal stopSignal, in VcpuWait wait)
    {
        _machine.Turns?.Leave(Index);
        return stopSignal.Park(wait);
    }

    /// <inheritdoc/>
    public kvm_regs GetExitRegisters() => GetRegisters();

    /// <inheritdoc/>
    public ulong GetExitCr3() => _cpu.Control3;

    /// <inheritdoc/>
    public void SetRax(ulong value) => _cpu.Regs[Gpr.Rax] = value;

    /// <inheritdoc/>
    public void SetRdx(ulong value) => _cpu.Regs[Gpr.Rdx] = value;

    /// <inheritdoc/>
    public kvm_regs GetRegisters() => RegisterFile.GetGeneral(_cpu);

    /// <inheritdoc/>
    public void SetRegisters(in kvm_regs registers) => RegisterFile.SetGeneral(_cpu, registers);

    /// <inheritdoc/>
    public kvm_sregs GetSpecialRegisters() => RegisterFile.GetSpecial(_cpu);

    /// <inheritdoc/>
    public void SetSpecialRegisters(in kvm_sregs registers)
    {
        if (!RegisterFile.IsPossible(registers))
        {
            throw new SystemCallException("setting the control registers", Errno.EINVAL, $"vCPU {Index}");
        }

        RegisterFile.SetSpecial(_cpu, registers);
    }

    /// <inheritdoc/>
    public byte[] GetFloatingPoint() => RegisterFile.GetFloatingPoint(_cpu);

    /// <inheritdoc/>
    public void SetDebug(VcpuDebug debug) => _interpreter.Debug = new HostDebug(debug.SingleStep, debug.Int3, debug.Breakpoint);

    /// <inheritdoc/>
    public VcpuSnapshot SaveState()
    {
        if (!TryFinishInstruction())
        {
            throw new InvalidOperationException($"vCPU {Index} is in the middle of an instruction that does not end.");
        }

        return new SoftwareSnapshot(_cpu.Save());
    }

    /// <inheritdoc/>
    public bool TryRestoreState(VcpuSnapshot snapshot)
    {
        _cpu.DropRequests();
        _cpu.Restore(((SoftwareSnapshot)snapshot).State);

        // What the last guest left of its turn is not the next one's.
        _turnEnds = 0;
        return true;
    }

    /// <summary>Forgets translations of addresses.</summary>
    public void ForgetPageTables() => _cpu.Tlb.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        _machine.Turns?.Leave(Index);
        _blocks.Clear();
        _machine.Forget(this);
    }

    private InterpreterStop RunByTurns(Turns turns)
    {
        while (turns.Take(Index, _isKicked))
        {
            // A turn goes on where an exit interrupted it.
            _turnEnds = _turnEnds > Instructions ? _turnEnds : Instructions + Turns.Length;
            var stop = _interpreter.Run(Math.Min(StopsAt, _turnEnds));
            if (stop != InterpreterStop.Counted || Instructions >= StopsAt)
            {
                return stop;
            }

            turns.Pass(Index);
            _blocks.NoteOtherWriters();
        }

        return InterpreterStop.Kicked;
    }

    private bool TryFinishInstruction()
    {
        for (var count = 0; count < MaxCompletions; count++)
        {
            TakeAnswer();
            if (_cpu.Request.Kind == HostRequestKind.None && !_cpu.HasAnswers)
            {
                return true;
            }

            _interpreter.FinishInstruction();
        }

        return false;
    }

    private void TakeAnswer()
    {
        switch (_cpu.Request.Kind)
        {
            case HostRequestKind.None:
                break;
            case HostRequestKind.PortIn:
                _page.IoData.CopyTo(_cpu.PortData);
                _cpu.Answer(0);
                break;
            case HostRequestKind.MemoryRead:
                _cpu.Answer(BinaryPrimitives.ReadUInt64LittleEndian(_page.MmioData));
                break;
            default:
                _cpu.RequestDone();
                break;
        }
    }

    private VcpuExit Exit()
    {
        var request = _cpu.Request;
        switch (request.Kind)
        {
            case HostRequestKind.PortOut:
                _cpu.PortData.AsSpan(0, request.Size).CopyTo(_page.IoData);
                return _page.Io(isOut: true, request.Size, (ushort)request.Address, request.Count);
            case HostRequestKind.PortIn:
                _page.IoData[..(request.Size * request.Count)].Clear();
                return _page.Io(isOut: false, request.Size, (ushort)request.Address, request.Count);
            case HostRequestKind.MemoryRead:
                _page.MmioData.Clear();
                return _page.Mmio(isWrite: false, request.Address, request.Size);
            case HostRequestKind.MemoryWrite:
                BinaryPrimitives.WriteUInt64LittleEndian(_page.MmioData, request.Data);
                return _page.Mmio(isWrite: true, request.Address, request.Size);
            case HostRequestKind.Halt:
                return _page.Plain(VcpuExitReason.Hlt);
            case HostRequestKind.Shutdown:
                return _page.Plain(VcpuExitReason.Shutdown);
            case HostRequestKind.Debug:
                return _page.Debug((uint)request.Count, request.Address, request.Data);
            default:
                return _page.CannotEmulate();
        }
    }

    private sealed class SoftwareSnapshot(CpuState state) : VcpuSnapshot
    {
        public CpuState State { get; } = state;
    }
}
