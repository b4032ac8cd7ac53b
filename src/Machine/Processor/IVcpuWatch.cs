namespace KvmActors.Machine.Processor;

/// <summary>
/// What a vCPU in software can do besides for whoever looks on: without a trace in its guest, and without a difference to what the guest
/// does or how many instructions it takes. One of KVM cannot. Belongs to the vCPU's thread.
/// </summary>
public interface IVcpuWatch
{
    /// <summary>The most branches that are remembered.</summary>
    const int MaxBranches = 1000;

    /// <summary>Before which instruction <see cref="IVcpu.Run"/> ends as by a kick: its RIP. Null for none.</summary>
    ulong? StopsAtRip { get; set; }

    /// <summary>
    /// Sets the linear addresses of the instructions before which <see cref="IVcpu.Run"/> ends with a debug exit; it goes on with that
    /// instruction when it is called again.
    /// </summary>
    void SetBreakpoints(IReadOnlyCollection<ulong> addresses);

    /// <summary>Sets the bytes after whose access <see cref="IVcpu.Run"/> ends with a debug exit, the instruction being done.</summary>
    void SetWatchpoints(IReadOnlyCollection<Watchpoint> watchpoints);

    /// <summary>Whether there is one to take.</summary>
    bool HasWatchHit { get; }

    /// <summary>Takes the access that the last debug exit was for; null when it was for something else.</summary>
    WatchHit? TakeWatchHit();

    /// <summary>Sets who is told of every instruction executed; null for nobody.</summary>
    void SetTrace(IInstructionTrace? trace);

    /// <summary>The newest branches, oldest first; at most <see cref="MaxBranches"/>.</summary>
    Branch[] ReadBranches();
}
