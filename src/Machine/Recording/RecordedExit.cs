using System.Diagnostics;
using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm;

namespace KvmActors.Machine.Recording;

/// <summary>A call that was served within an exit; times in <see cref="Stopwatch"/> ticks.</summary>
/// <param name="Number">Which call.</param>
/// <param name="Started">When serving it began.</param>
/// <param name="Ended">When it had been served; a wait that the guest asked for comes after.</param>
/// <param name="Result">A value from 0, or a negative errno.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedCall(int Number, long Started, long Ended, long Result)
{
    /// <summary>Its first argument.</summary>
    public ulong First { get; init; }

    /// <summary>Its third argument.</summary>
    public ulong Third { get; init; }

    /// <summary>Whether it waited behind another vCPU's and was served on another thread.</summary>
    public bool WasQueued { get; init; }

    /// <summary>Whether the guest asked to wait before it goes on.</summary>
    public bool Waited { get; init; }
}

/// <summary>One exit; times in <see cref="Stopwatch"/> ticks.</summary>
/// <param name="Reason">Why the guest exited.</param>
/// <param name="Entered">When KVM_RUN was called.</param>
/// <param name="Exited">When it returned.</param>
/// <param name="Handled">When the next KVM_RUN could be called.</param>
/// <param name="Location">The port, or the guest-physical address of a memory access; otherwise 0.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedExit(
    VcpuExitReason Reason, long Entered, long Exited, long Handled, ulong Location)
{
    /// <summary>Whether <see cref="Call"/> means something.</summary>
    public bool HasCall { get; init; }

    /// <summary>The call it was.</summary>
    public RecordedCall Call { get; init; }

    /// <summary>Time in KVM_RUN.</summary>
    public long GuestTicks => Exited - Entered;

    /// <summary>Time from the exit to the next entry.</summary>
    public long HostTicks => Handled - Exited;

    /// <summary>The part of <see cref="HostTicks"/> in which the host worked: without a wait that the guest asked for.</summary>
    public long WorkTicks => HasCall && Call.Waited ? Call.Ended - Exited : HostTicks;
}

/// <summary>A call that was served on another thread than its vCPU's; times in <see cref="Stopwatch"/> ticks.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedOperation(int Number, long Started, long Ended, long Result);

/// <summary>One of the slowest exits.</summary>
/// <param name="Exit">The exit.</param>
/// <param name="Path">The path its call was about, as the guest had it, cut to its first bytes; null when it had none.</param>
public sealed record SlowExit(RecordedExit Exit, string? Path);
