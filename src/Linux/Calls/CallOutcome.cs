using KvmActors.Linux.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Calls;

/// <summary>What became of a call.</summary>
/// <param name="Result">What it returns: a value from 0, or a negative errno.</param>
/// <param name="Wait">What the guest has to wait for before it goes on; null for nothing.</param>
/// <param name="IsRetried">Whether nothing has been done, and the call is to be made again after that wait.</param>
/// <param name="Fault">Where a page has to be mapped before the call can be made; then nothing has been done.</param>
public readonly record struct CallOutcome(long Result, VcpuWait? Wait = null, bool IsRetried = false, GuestFault? Fault = null);
