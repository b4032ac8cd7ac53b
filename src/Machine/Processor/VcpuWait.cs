namespace KvmActors.Machine.Processor;

/// <summary>What a vCPU waits for outside the guest, besides the end of its VM.</summary>
/// <param name="Nanoseconds">How long at the most; negative for ever.</param>
/// <param name="ForInput">Whether the process's standard input ends it, as soon as there is something to read.</param>
/// <param name="IsThrottle">Whether the host slows the guest down: where time is virtual, none passes for the guest.</param>
public readonly record struct VcpuWait(long Nanoseconds, bool ForInput = false, bool IsThrottle = false);
