namespace KvmActors.Actors.Results;

/// <summary>What became of a VM's core file.</summary>
/// <param name="File">The file; null when it could not be written.</param>
/// <param name="Problem">Why it could not; null when it could.</param>
public sealed record CoreResult(string? File, string? Problem);
