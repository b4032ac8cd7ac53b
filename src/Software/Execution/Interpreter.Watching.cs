using KvmActors.Machine.Processor;
using KvmActors.Software.Decoding;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>
/// Executing while the host looks on, unseen: at places whole blocks up to the next of them, at each instruction one after the other.
/// </summary>
internal sealed partial class Interpreter
{
    private readonly BranchRing _branches = new();
    private HostDebug _debug;
    private bool _isWatched;
    private ulong? _stopsAtRip;
    private ulong[] _breakpoints = [];
    private InstructionRecorder? _recorder;

    /// <summary>At what the host looks: steps, and breakpoints of its own.</summary>
    public HostDebug Debug
    {
        get => _debug;
        set
        {
            _debug = value;
            NoteWatching();
        }
    }

    /// <summary>Before which instruction <see cref="Run"/> comes back, by RIP; null for none.</summary>
    public ulong? StopsAtRip
    {
        get => _stopsAtRip;
        set
        {
            _stopsAtRip = value;
            NoteWatching();
        }
    }

    /// <summary>The branches it has taken.</summary>
    public BranchRing Branches => _branches;

    /// <summary>Sets breakpoints, by linear addresses, besides the one of <see cref="Debug"/>.</summary>
    public void SetBreakpoints(IReadOnlyCollection<ulong> addresses)
    {
        _breakpoints = [.. addresses];
        NoteWatching();
    }

    /// <summary>Sets whose accesses stop it.</summary>
    public void SetWatchpoints(IReadOnlyCollection<Watchpoint> watchpoints)
    {
        cpu.SetHostWatchpoints(watchpoints);
        NoteWatching();
    }

    /// <summary>Sets who is told of every instruction; null for nobody.</summary>
    public void SetTrace(IInstructionTrace? trace)
    {
        _recorder = trace is null ? null : new InstructionRecorder(cpu, trace);
        NoteWatching();
    }

    /// <summary>Forgets what the guest did that is there no more.</summary>
    public void ForgetGuest()
    {
        _branches.Clear();
        _seen = null;
        cpu.HostHit = null;
    }

    private void NoteWatching() =>
        _isWatched = _debug.IsOn || _stopsAtRip is not null || _breakpoints.Length > 0 || cpu.HasHostWatchpoints || _recorder is not null;

    // Does one thing; true when it is where it was to stop.
    private bool RunWatched(ulong until)
    {
        if (cpu.HostHit is { } hit)
        {
            cpu.Ask(new HostRequest(HostRequestKind.Debug, hit.Address, Count: Vector.Debug, Data: Cpu.InitialDr6 | 1));
            return false;
        }

        if (_stopsAtRip == cpu.Rip)
        {
            return true;
        }

        if (cpu.NeedsSteps || _debug.SingleStep || _debug.Int3 || _recorder is not null)
        {
            Step();
        }
        else if (blocks.Find() is not { } block)
        {
            cpu.Ask(new HostRequest(HostRequestKind.CannotFetch));
        }
        else if (CountToStop(block) is var count and > 0)
        {
            Execute(block, (int)Math.Min((ulong)count, until - cpu.Retired));
            ForgetSeen(block.Ops[^1]);
        }
        else
        {
            StopForHost(block.Linear);
        }

        return false;
    }

    private void StopForHost(ulong linear)
    {
        _seen = linear;
        cpu.Ask(new HostRequest(HostRequestKind.Debug, linear, Count: Vector.Debug, Data: Cpu.InitialDr6 | 1));
    }

    // A string instruction that goes on is still the one that the host has seen.
    private void ForgetSeen(in Op last)
    {
        if (_seen != cpu.CodeAddress || !last.Has(OpFlags.Rep | OpFlags.Repne))
        {
            _seen = null;
        }
    }

    private bool IsBreakpoint(ulong linear) => linear != _seen && (_debug.Breakpoint == linear || _breakpoints.AsSpan().Contains(linear));

    // How many instructions of a block come before the first that is to be stopped at.
    private int CountToStop(Block block)
    {
        if (!HasStop(block))
        {
            return block.Ops.Length;
        }

        var count = 0;
        while (count < block.Ops.Length)
        {
            var rip = block.Ops[count].Rip;
            if ((count > 0 && rip == _stopsAtRip) || IsBreakpoint(block.Linear + (rip - block.Rip)))
            {
                break;
            }

            count++;
        }

        return count;
    }

    private bool HasStop(Block block)
    {
        var length = (ulong)block.Bytes.Length;
        if (_stopsAtRip - block.Rip < length || _debug.Breakpoint - block.Linear < length)
        {
            return true;
        }

        foreach (var breakpoint in _breakpoints)
        {
            if (breakpoint - block.Linear < length)
            {
                return true;
            }
        }

        return false;
    }
}
