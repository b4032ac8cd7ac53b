using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Software.Execution;

namespace KvmActors.Software;

/// <content>Those who look on: steps, breakpoints, watchpoints, traces.</content>
internal sealed partial class SoftwareProcessor
{
    /// <inheritdoc/>
    public void SetDebug(VcpuDebug debug) => _interpreter.Debug = new HostDebug(debug.SingleStep, debug.Int3, debug.Breakpoint);

    /// <inheritdoc/>
    public ulong? StopsAtRip
    {
        get => _interpreter.StopsAtRip;
        set => _interpreter.StopsAtRip = value;
    }

    /// <inheritdoc/>
    public void SetBreakpoints(IReadOnlyCollection<ulong> addresses) => _interpreter.SetBreakpoints(addresses);

    /// <inheritdoc/>
    public void SetWatchpoints(IReadOnlyCollection<Watchpoint> watchpoints) => _interpreter.SetWatchpoints(watchpoints);

    /// <inheritdoc/>
    public bool HasWatchHit => _cpu.HostHit is not null;

    /// <inheritdoc/>
    public WatchHit? TakeWatchHit()
    {
        var hit = _cpu.HostHit;
        _cpu.HostHit = null;
        return hit;
    }

    /// <inheritdoc/>
    public void SetTrace(IInstructionTrace? trace) => _interpreter.SetTrace(trace);

    /// <inheritdoc/>
    public Branch[] ReadBranches() => _interpreter.Branches.Newest(IVcpuWatch.MaxBranches);
}
