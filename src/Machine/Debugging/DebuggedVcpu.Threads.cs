using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <content>
/// A vCPU that runs a thread of a program. Steps and breakpoints are the guest's own #DB and #BP, which its kernel shows the host
/// (<see cref="IDebuggedThread.Trap"/>). The thread stops where all its registers can be told: in ring 3, or in a call to the host.
/// </content>
internal sealed partial class DebuggedVcpu : IDebuggedThread
{
    private const ulong StepVector = 1, BreakpointVector = 3;
    private const int StepSignal = 5;
    private const byte Int3 = 0xCC;

    private (ulong Context, int Signal)? _trap;
    private ulong? _context;
    private StopEvent? _unreported;
    private int _passes, _isNudged, _isWoken;
    private bool _isStepping;

    /// <summary>The thread's registers while it waits for the debugger; null for a vCPU's own.</summary>
    public UserRegisters? User { get; private set; }

    /// <inheritdoc/>
    public void Begin(IDebuggedProgram program) => _debugger.Program = program;

    /// <inheritdoc/>
    public void Trap(ulong context, int signal) => _trap = (context, signal);

    /// <summary>Has it look whether it is to stop: wherever it is. From any thread.</summary>
    public void Nudge()
    {
        Interlocked.Exchange(ref _isNudged, 1);
        Inner.Wake();
        Inner.Kick();
    }

    /// <inheritdoc/>
    public override void Wake()
    {
        Interlocked.Exchange(ref _isWoken, 1);
        Inner.Wake();
    }

    /// <inheritdoc/>
    public override bool Wait(VmStopSignal stopSignal, in VcpuWait wait)
    {
        if (_debugger.Program is null)
        {
            return Inner.Wait(stopSignal, wait);
        }

        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_debugger.MustWait(Index))
            {
                Hold();
            }

            var left = wait.Nanoseconds < 0 ? -1 : Math.Max(0, wait.Nanoseconds - (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
            if (!Inner.Wait(stopSignal, wait with { Nanoseconds = left }))
            {
                return false;
            }

            var isNudge = Interlocked.Exchange(ref _isNudged, 0) != 0;
            if (Interlocked.Exchange(ref _isWoken, 0) != 0 || Inner.HasNotice || !isNudge || left == 0)
            {
                return true;
            }
        }
    }

    private VcpuExit RunThread()
    {
        while (true)
        {
            if (_trap is { } trap)
            {
                if (!TryComplete(out var other))
                {
                    return other;
                }

                _trap = null;
                Inner.SetRegisters(Inner.GetRegisters() with { rax = Serve(trap.Context, trap.Signal) });
            }
            else if (_debugger.MustWait(Index))
            {
                if (!TryComplete(out var next))
                {
                    return next;
                }

                // In the kernel it goes on until it has left.
                var isSettled = FindRegisters(null).Place != UserRegisterPlace.Unsettled;
                Inner.NotifyLater(isWanted: !isSettled);
                if (isSettled)
                {
                    Hold();
                }
            }

            if (_stop.IsRequested)
            {
                return Inner.CompleteInstruction();
            }

            _watch?.SetWatchpoints(_debugger.Watchpoints!.All);
            var exit = Inner.Run();
            switch (exit.Reason)
            {
                case VcpuExitReason.Debug when _watch?.TakeWatchHit() is { } hit:
                    Report(new StopEvent(Index, StopEvent.Trap) { Watch = hit }, isKept: true);
                    continue;
                case VcpuExitReason.Debug:
                    continue;
                case VcpuExitReason.Intr when _debugger.MustWait(Index):
                    continue;
                case VcpuExitReason.Shutdown or VcpuExitReason.InternalError or VcpuExitReason.FailEntry:
                    return ShowEnd(exit);
                default:
                    return exit;
            }
        }
    }

    /// <summary>Finds its thread's registers again, after they were written.</summary>
    public void LookAgain() => User = User is null ? null : FindRegisters(_context);

    // So that registers are those of the next instruction. False when there is another exit first.
    private bool TryComplete(out VcpuExit other)
    {
        other = Inner.CompleteInstruction();
        Inner.ClearKick();
        return other.Reason is VcpuExitReason.Intr or VcpuExitReason.Debug;
    }

    private UserRegisters FindRegisters(ulong? context) => _debugger.Program!.FindRegisters(Inner, context);

    // The signal that the kernel is to deliver.
    private ulong Serve(ulong context, int signal)
    {
        var registers = FindRegisters(context);
        if (registers.Place != UserRegisterPlace.Context)
        {
            return (ulong)signal;
        }

        var isOwn = signal == 0;
        if (signal == StepSignal && registers.Vector == BreakpointVector && IsBreakpoint(registers, out var isSet))
        {
            registers.TryWrite(Inner, _memory, registers.General with { rip = registers.General.rip - 1 });
            if (!isSet)
            {
                return 0;
            }

            isOwn = true;
            Report(new StopEvent(Index, StopEvent.Trap) { IsBreakpoint = true }, isKept: false);
        }
        else if (signal == StepSignal && registers.Vector == StepVector && _isStepping)
        {
            isOwn = true;
            Report(new StopEvent(Index, StopEvent.Trap), isKept: false);
        }
        else if (registers.Vector == 0 && signal != 0 && signal == _passes)
        {
            _passes = 0;
            return (ulong)signal;
        }
        else
        {
            Report(new StopEvent(Index, isOwn ? StopEvent.Trap : signal), isKept: true);
        }

        if (_debugger.IsDetached)
        {
            return isOwn ? 0 : (ulong)signal;
        }

        var action = Hold(context);
        _passes = action.Signal != 0 && action.Signal != signal ? action.Signal : 0;
        return (uint)action.Signal | (action is { Signal: > 0, Steps: true } ? IDebuggedThread.StepsBit : 0);
    }

    // INT3 of the debugger's: what it has taken away meanwhile was, too, when the program has something else there.
    private bool IsBreakpoint(UserRegisters registers, out bool isSet)
    {
        var place = registers.General.rip - 1;
        isSet = _debugger.Breakpoints!.Has(place);
        Span<byte> code = stackalloc byte[1];
        return isSet || (Inspection.LinearMemory.Read(_memory, Inner.GetSpecialRegisters(), place, code) == 1 && code[0] != Int3);
    }

    private void Report(StopEvent reason, bool isKept)
    {
        if (!_debugger.Stop(reason) && isKept)
        {
            _unreported = reason;
        }
    }

    // Until the debugger lets the thread go on.
    private ThreadAction Hold(ulong? context = null)
    {
        while (_debugger.MustWait(Index) && !_stop.IsRequested)
        {
            _context = context;
            User = FindRegisters(context);
            if (_isStepping)
            {
                User.SetTrapFlag(Inner, _memory, isSet: false);
                User = FindRegisters(context);
                _isStepping = false;
            }

            _debugger.Wait(this, _stop);
            if (_unreported is { } reason && !_debugger.MustWait(Index))
            {
                _unreported = _debugger.IsDetached || _debugger.Stop(reason) ? null : reason;
            }
        }

        var registers = FindRegisters(context);
        User = null;
        var action = _debugger.TakeAction(Index);
        if (action.Steps)
        {
            _isStepping = true;
            if (action.Signal == 0 || context is null)
            {
                registers.SetTrapFlag(Inner, _memory, isSet: true);
            }
        }

        return action;
    }
}
