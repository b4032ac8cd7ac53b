using Akka.Actor;
using KvmActors.Actors.Specs;
using KvmActors.Machine.Processor;

namespace KvmActors.Actors.Vm;

/// <summary>What ends a VM before its vCPUs end by themselves.</summary>
/// <param name="Outcome">How it ends.</param>
/// <param name="Message">What went wrong, in one line; null when nothing did.</param>
internal sealed record VmVerdict(VmOutcome Outcome, string? Message)
{
    /// <summary>Somebody wanted it so.</summary>
    public static VmVerdict Cancelled { get; } = new(VmOutcome.Cancelled, "cancelled");

    /// <summary>An actor of the VM's died.</summary>
    public static VmVerdict DeathOf(Terminated message) => new(VmOutcome.Crashed, $"its actor {message.ActorRef.Path.Name} died");

    /// <summary>It was still running when its time was over.</summary>
    public static VmVerdict TimedOut(TimeSpan timeout) => new(VmOutcome.TimedOut, $"still running after {timeout.TotalSeconds:0.###} s");

    /// <summary>It used more than it may.</summary>
    public static VmVerdict OutOf(FormattableString message) => new(VmOutcome.OutOfBudget, FormattableString.Invariant(message));

    /// <summary>What the end of one vCPU means for its VM; null when the others go on.</summary>
    public static VmVerdict? Of(VcpuEnd end) => end.Kind switch
    {
        VcpuEndKind.Panicked or VcpuEndKind.Killed => new VmVerdict(VmOutcome.Panicked, end.Message),
        VcpuEndKind.Crashed => new VmVerdict(VmOutcome.Crashed, end.Message),
        VcpuEndKind.Reached => new VmVerdict(VmOutcome.Reached, end.Message),
        VcpuEndKind.Exited when end.EndsVm => new VmVerdict(VmOutcome.Exited, Message: null),
        _ => null,
    };
}
