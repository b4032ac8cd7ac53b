using System.Diagnostics;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;

namespace KvmActors.Actors.Vm;

/// <summary>Creates the VM, or takes one that was made new, and runs it; answered with <see cref="VmEnded"/>, whatever happens.</summary>
/// <param name="Parent">The span of its scenario.</param>
public sealed record StartVm(ActivityContext Parent)
{
    /// <summary>The instance to run, when it is not the one that the actor was made for.</summary>
    public string? Id { get; init; }

    /// <summary>How often the same instance was started before.</summary>
    public int Restarts { get; init; }

    /// <summary>The span of the run that failed before; default when there is none.</summary>
    public ActivityContext FailedRun { get; init; }

    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks: the VM counts as asked for from then on.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>The scenario's start, in <see cref="Stopwatch"/> ticks; <see cref="Sent"/> when 0.</summary>
    public long Origin { get; init; }
}

/// <summary>Ends the VM early; it still answers with <see cref="VmEnded"/>.</summary>
public sealed record CancelVm
{
    /// <summary>The only one.</summary>
    public static CancelVm Instance { get; } = new();
}

/// <summary>The VM has ended. Its resources are gone when the actor is.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Statistics">What its vCPUs did, together.</param>
public sealed record VmEnded(VmResult Result, ExitStatistics Statistics)
{
    /// <summary>
    /// Whether the VM is as new and waits for another <see cref="StartVm"/>, or to be stopped; otherwise its actor stops by itself.
    /// </summary>
    public bool IsFree { get; init; }

    /// <summary>Its span; default when it had none.</summary>
    public ActivityContext Span { get; init; }

    /// <summary>What was kept of its exits; null when nothing was asked for.</summary>
    public VmRecording? Recording { get; init; }
}
