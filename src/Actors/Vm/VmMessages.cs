using System.Diagnostics;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Vm;

/// <summary>Runs an instance in the VM, which is created first or has been reset; answered with <see cref="VmEnded"/>, whatever happens.</summary>
/// <param name="Id">The instance, for example <c>reader-0</c>.</param>
/// <param name="Parent">The span of its scenario.</param>
public sealed record StartVm(string Id, ActivityContext Parent = default)
{
    /// <summary>What the instance has of its own; null when it is like all others of the VM's description.</summary>
    public VmVariant? Variant { get; init; }

    /// <summary>What the guest has of its own; null when it is as described.</summary>
    public GuestStart? Own { get; init; }

    /// <summary>How often the same instance was started before.</summary>
    public int Restarts { get; init; }

    /// <summary>The span of the same instance's run before; default when there is none.</summary>
    public ActivityContext RunBefore { get; init; }

    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks: the instance counts as asked for from then on.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>The scenario's start, in <see cref="Stopwatch"/> ticks; <see cref="Sent"/> when 0.</summary>
    public long Origin { get; init; }

    /// <summary>How long its vCPUs may take to stop when they are told to; then they are not waited for.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Why the instance starts cold, if it does and the VM itself knows no reason; null when nobody knows one.</summary>
    public string? ColdReason { get; init; }
}

/// <summary>Makes the VM, for an instance that is to come; answered with <see cref="VmPrepared"/>, or with the actor's end.</summary>
public sealed record PrepareVm
{
    /// <summary>The only one.</summary>
    public static PrepareVm Instance { get; } = new();
}

/// <summary>The VM is there, and takes an instance.</summary>
public sealed record VmPrepared
{
    /// <summary>The only one.</summary>
    public static VmPrepared Instance { get; } = new();
}

/// <summary>Has the running instance stand still.</summary>
/// <param name="Paused">Called with its memory when it does; on any thread, vCPUs' among them.</param>
public sealed record PauseVm(Action<GuestMemory> Paused);

/// <summary>Has it go on.</summary>
public sealed record ResumeVm
{
    /// <summary>The only one.</summary>
    public static ResumeVm Instance { get; } = new();
}

/// <summary>Ends the instance early; it still answers with <see cref="VmEnded"/>.</summary>
public sealed record CancelVm
{
    /// <summary>The only one.</summary>
    public static CancelVm Instance { get; } = new();
}

/// <summary>The instance has ended. The VM's resources are gone when its actor is.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Statistics">What its vCPUs did, together.</param>
public sealed record VmEnded(VmResult Result, ExitStatistics Statistics)
{
    /// <summary>
    /// Whether the VM has been reset and takes the next instance; otherwise it ends with this one.
    /// </summary>
    public bool IsFree { get; init; }

    /// <summary>Whether some of its vCPUs have not stopped: its actor may never be gone.</summary>
    public bool IsStuck { get; init; }

    /// <summary>Why the VM could not be reset though it was to be; null when it could, or was not.</summary>
    public string? ResetProblem { get; init; }

    /// <summary>Its span; default when it had none.</summary>
    public ActivityContext Span { get; init; }

    /// <summary>What was kept of its exits; null when nothing was asked for.</summary>
    public VmRecording? Recording { get; init; }
}
