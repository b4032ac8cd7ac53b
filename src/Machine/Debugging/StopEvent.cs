using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <summary>What a debugger is told of.</summary>
/// <param name="Vcpu">The vCPU that stopped, or ended last.</param>
/// <param name="Signal">The signal that stands for why it stopped, by Linux's number.</param>
public sealed record StopEvent(int Vcpu, int Signal)
{
    /// <summary>A step, a breakpoint.</summary>
    public const int Trap = 5;

    /// <summary>The debugger's own wish.</summary>
    public const int Interrupt = 2;

    /// <summary>The guest cannot go on.</summary>
    public const int Fault = 11;

    /// <summary>Whether a breakpoint of the debugger's was met.</summary>
    public bool IsBreakpoint { get; init; }

    /// <summary>The access that met a watchpoint of the debugger's; null when none did.</summary>
    public WatchHit? Watch { get; init; }

    /// <summary>Set when the VM has ended: with this status. All else means nothing then.</summary>
    public int? ExitStatus { get; init; }

    /// <summary>Something for the person in front of the debugger; null for nothing.</summary>
    public string? Note { get; init; }
}
