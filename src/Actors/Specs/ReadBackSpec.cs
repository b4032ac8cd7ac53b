using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Specs;

/// <summary>A piece of memory to report.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">How many bytes.</param>
public sealed record ReadBackSpec(GuestPhysAddr Address, int Length);
