namespace KvmActors.Machine.Limits;

/// <summary>How much a VM used of something that is limited.</summary>
/// <param name="Name">The limit's key in a scenario, for example <c>BytesWritten</c>, which also says the unit.</param>
/// <param name="Used">How much, in the limit's unit; null when nobody measured it.</param>
/// <param name="Limit">How much it might use; null for any amount.</param>
/// <param name="Hits">How often something was refused or delayed because of it, or the VM ended.</param>
public sealed record LimitUse(string Name, long? Used, long? Limit, long Hits);
