namespace KvmActors.Actors.Results;

/// <summary>When a VM lived, from its scenario's start on.</summary>
/// <param name="AskedFor">When it was asked for.</param>
/// <param name="Entered">When it first entered the guest; null when it never did.</param>
/// <param name="Ended">When its end was known.</param>
public sealed record VmTimes(TimeSpan AskedFor, TimeSpan? Entered, TimeSpan Ended);
