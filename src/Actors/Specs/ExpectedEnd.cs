namespace KvmActors.Actors.Specs;

/// <summary>How a VM is meant to end.</summary>
/// <param name="Outcome">The outcome; null for Halted, or Exited with status 0.</param>
/// <param name="ExitCode">The exit status; null for any.</param>
public sealed record ExpectedEnd(VmOutcome? Outcome, int? ExitCode)
{
    /// <summary>As a guest that works ends.</summary>
    public static ExpectedEnd Well { get; } = new(null, null);

    /// <summary>Whether a VM that ended so did as it was meant to.</summary>
    public bool IsMetBy(VmOutcome outcome, int? exitCode) => Outcome is null
        ? outcome == VmOutcome.Halted || (outcome == VmOutcome.Exited && exitCode == 0)
        : outcome == Outcome && (ExitCode is null || exitCode == ExitCode);
}
