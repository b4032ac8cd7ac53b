using System.Diagnostics;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Linux.Memory;
using KvmActors.Machine.CoreDumps;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vcpu;

/// <summary>Asks for the vCPU to be created; answered with <see cref="VcpuReady"/> or <see cref="VcpuFailed"/>.</summary>
/// <param name="Template">What its VM starts from; null when its memory was filled for it alone.</param>
internal sealed record CreateVcpu(VmTemplate? Template);

/// <summary>
/// The guest starts a vCPU that is not there, or has not run for this guest yet: it is made if need be, and told to run. To the VM's actor,
/// from a vCPU's thread.
/// </summary>
internal sealed record BringVcpu(int Index);

/// <summary>The vCPU exists and can run.</summary>
internal sealed record VcpuReady(int Index);

/// <summary>The vCPU could not be created.</summary>
internal sealed record VcpuFailed(int Index, string Message);

/// <summary>Runs the vCPU for one instance; answered with <see cref="VcpuEnded"/> when it has stopped.</summary>
/// <param name="Parent">The span of its VM.</param>
/// <param name="Console">The instance's standard streams.</param>
/// <param name="Origin">The scenario's start, in <see cref="Stopwatch"/> ticks.</param>
internal sealed record RunVcpu(ActivityContext Parent, GuestConsole Console, long Origin)
{
    /// <summary>What the instance has of its own; null when it is as described.</summary>
    public GuestStart? Own { get; init; }

    /// <summary>What the instance's vCPUs may use, and have used.</summary>
    public RunBudget Budget { get; init; } = new(new RunLimits());

    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();
}

/// <summary>The vCPU has stopped.</summary>
/// <param name="Index">Its number.</param>
/// <param name="End">How.</param>
/// <param name="Entered">When it first entered the guest, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="Left">When it left for good, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="Statistics">What it did; its writer has let go of it.</param>
internal sealed record VcpuEnded(int Index, VcpuEnd End, long Entered, long Left, ExitStatistics Statistics)
{
    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>The program's thread that it ran, or ran last; null where there is no guest kernel that says so.</summary>
    public GuestThread? Thread { get; init; }

    /// <summary>Its general registers at the end; null when they could not be read.</summary>
    public kvm_regs? Registers { get; init; }

    /// <summary>What it looked like when it crashed, or got to where it was to be stopped; null when it did neither.</summary>
    public CrashReport? Crash { get; init; }

    /// <summary>Its registers for a core file; null when none is wanted.</summary>
    public CoreThread? Core { get; init; }

    /// <summary>What was kept of its exits; null when nothing was asked for.</summary>
    public VcpuRecording? Recording { get; init; }

    /// <summary>The template it was reset to; null when it was not.</summary>
    public VmTemplate? ResetTo { get; init; }

    /// <summary>Why its reset failed; null when it did not.</summary>
    public string? ResetProblem { get; init; }
}
