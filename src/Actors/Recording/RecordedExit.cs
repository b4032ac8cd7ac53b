using System.Diagnostics;
using System.Runtime.InteropServices;
using KvmActors.Actors.Hypercalls;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Recording;

/// <summary>A hypercall that was served within an exit; times in <see cref="Stopwatch"/> ticks.</summary>
/// <param name="Id">Which call.</param>
/// <param name="Started">When serving it began.</param>
/// <param name="Ended">When it had been served; a wait that the guest asked for comes after.</param>
/// <param name="Result">A value from 0, or a negative errno.</param>
/// <param name="First">Its first argument.</param>
/// <param name="Third">Its third argument.</param>
/// <param name="WasQueued">Whether it was served by the VM's hypercall actor, because another vCPU's was being served.</param>
/// <param name="Waited">Whether the guest asked to wait before it goes on.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedCall(
    HypercallId Id, long Started, long Ended, long Result, ulong First, ulong Third, bool WasQueued, bool Waited);

/// <summary>One exit; times in <see cref="Stopwatch"/> ticks.</summary>
/// <param name="Reason">Why the guest exited.</param>
/// <param name="Entered">When KVM_RUN was called.</param>
/// <param name="Exited">When it returned.</param>
/// <param name="Handled">When the next KVM_RUN could be called.</param>
/// <param name="Location">The port, or the guest-physical address of a memory access; otherwise 0.</param>
/// <param name="HasCall">Whether <paramref name="Call"/> means something.</param>
/// <param name="Call">The hypercall it was.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedExit(
    VcpuExitReason Reason, long Entered, long Exited, long Handled, ulong Location, bool HasCall = false, RecordedCall Call = default)
{
    /// <summary>Time in KVM_RUN.</summary>
    public long GuestTicks => Exited - Entered;

    /// <summary>Time from the exit to the next entry.</summary>
    public long HostTicks => Handled - Exited;

    /// <summary>The part of <see cref="HostTicks"/> in which the host worked: without a wait that the guest asked for.</summary>
    public long WorkTicks => HasCall && Call.Waited ? Call.Ended - Exited : HostTicks;
}

/// <summary>A file operation that the hypercall actor served; times in <see cref="Stopwatch"/> ticks.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedOperation(HypercallId Id, long Started, long Ended, long Result);

/// <summary>One of the slowest exits.</summary>
/// <param name="Exit">The exit.</param>
/// <param name="Path">The path its call was about, as the guest had it, cut to its first bytes; null when it had none.</param>
public sealed record SlowExit(RecordedExit Exit, string? Path);
