using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;

namespace KvmActors.Machine.Debugging;

/// <summary>A vCPU that a debugger stops and lets go. Its exits are those it has without; the debugger's own are not among them.</summary>
internal sealed partial class DebuggedVcpu : VcpuDecorator
{
    private const ulong TrapFlag = 1 << 8;
    private const uint BreakpointException = 3;

    private readonly GuestMemory _memory;
    private readonly VmStopSignal _stop;
    private readonly VmDebugger _debugger;
    private readonly InstructionStepper _stepper;
    private readonly IVcpuWatch? _watch;
    private bool _stopsAfterExit, _passesInt3;

    /// <param name="inner">The vCPU.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="stop">What ends it.</param>
    /// <param name="debugger">Who stops it.</param>
    public DebuggedVcpu(IVcpu inner, GuestMemory memory, VmStopSignal stop, VmDebugger debugger)
        : base(inner)
    {
        (_memory, _stop, _debugger, _watch) = (memory, stop, debugger, inner as IVcpuWatch);
        _stepper = new InstructionStepper(inner, memory, debugger.StepsRing3);
    }

    /// <summary>Its VM's memory.</summary>
    public GuestMemory Memory => _memory;

    /// <summary>The vCPU itself, for what a debugger asks of it.</summary>
    public IVcpu Vcpu => Inner;

    /// <inheritdoc/>
    public override VcpuExit Run() => _debugger.Program is null ? RunBare() : RunThread();

    private VcpuExit RunBare()
    {
        while (true)
        {
            if (_stopsAfterExit)
            {
                _stopsAfterExit = false;
                _debugger.Stop(new StopEvent(Index, StopEvent.Trap));
            }

            if (_debugger.MustWait(Index))
            {
                // So that registers are those of the next instruction.
                var rest = Inner.CompleteInstruction();
                Inner.ClearKick();
                if (rest.Reason is not (VcpuExitReason.Intr or VcpuExitReason.Debug))
                {
                    return rest;
                }

                _debugger.Wait(this, _stop);
            }

            if (_stop.IsRequested)
            {
                return Inner.CompleteInstruction();
            }

            var isStep = _debugger.TakeAction(Index).Steps;
            _watch?.SetWatchpoints(_debugger.Watchpoints!.All);
            var exit = isStep ? Step() : RunOn();
            switch (exit.Reason)
            {
                case VcpuExitReason.Debug when _watch?.TakeWatchHit() is { } hit:
                    _debugger.Stop(new StopEvent(Index, StopEvent.Trap) { Watch = hit });
                    continue;
                case VcpuExitReason.Debug when isStep:
                    _debugger.Stop(new StopEvent(Index, StopEvent.Trap));
                    continue;
                case VcpuExitReason.Debug or VcpuExitReason.InternalError when IsBreakpoint(exit):
                    _debugger.Stop(new StopEvent(Index, StopEvent.Trap) { IsBreakpoint = true });
                    continue;
                case VcpuExitReason.Debug when exit.DebugException == BreakpointException:
                    // The guest's own INT3 is the guest's.
                    _passesInt3 = true;
                    continue;
                case VcpuExitReason.Debug:
                    // A trap flag that was left behind by a step.
                    Inner.SetRegisters(Inner.GetRegisters() with { rflags = Inner.GetRegisters().rflags & ~TrapFlag });
                    continue;
                case VcpuExitReason.Intr when _debugger.MustWait(Index):
                    continue;
                case VcpuExitReason.Shutdown or VcpuExitReason.InternalError or VcpuExitReason.FailEntry:
                    return ShowEnd(exit);
                default:
                    _stopsAfterExit = isStep;
                    return exit;
            }
        }
    }

    // The debugger sees a vCPU that cannot go on before it ends.
    private VcpuExit ShowEnd(VcpuExit exit)
    {
        _debugger.Stop(new StopEvent(Index, StopEvent.Fault) { Note = $"the vCPU cannot go on: {exit.Reason}\n" });
        _debugger.Wait(this, _stop);
        return exit;
    }

    private VcpuExit RunOn()
    {
        // A breakpoint at the very instruction would never be passed.
        var rip = LinearRip();
        if (_debugger.Breakpoints!.Has(rip))
        {
            var over = Step();
            if (over.Reason != VcpuExitReason.Debug || _watch?.HasWatchHit == true)
            {
                return over;
            }
        }

        _watch?.SetBreakpoints(_debugger.Breakpoints.Addresses);
        Inner.SetDebug(new VcpuDebug { Int3 = _watch is null && !_passesInt3 && _debugger.Breakpoints.Any });
        _passesInt3 = false;
        return Inner.Run();
    }

    private VcpuExit Step()
    {
        var rip = LinearRip();
        _watch?.SetBreakpoints([]);
        _debugger.Breakpoints!.Show(rip, isSet: false);
        var gap = _stepper.Look();
        var exit = _stepper.Step(gap);
        _debugger.Breakpoints.Show(rip, isSet: true);
        return exit;
    }

    private bool IsBreakpoint(in VcpuExit exit) =>
        (exit.Reason == VcpuExitReason.InternalError || exit.DebugException == BreakpointException || _watch is not null) && _debugger.Breakpoints!.Has(LinearRip());

    private ulong LinearRip() => CodeMode.LinearRip(Inner.GetRegisters(), Inner.GetSpecialRegisters());
}
