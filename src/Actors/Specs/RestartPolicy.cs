namespace KvmActors.Actors.Specs;

/// <summary>What happens when a VM does not end as it is meant to.</summary>
/// <param name="MaxRestarts">How often it is started again; 0 for never.</param>
/// <param name="Backoff">How long to wait each time, from 0.</param>
public sealed record RestartPolicy(int MaxRestarts, TimeSpan Backoff)
{
    /// <summary>It stays as it is.</summary>
    public static RestartPolicy Never { get; } = new(0, TimeSpan.Zero);

    /// <summary>Whether a VM is to be started again.</summary>
    /// <param name="isSuccess">Whether it ended as it is meant to.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="restarts">How often it was started again already.</param>
    public bool Wants(bool isSuccess, VmOutcome outcome, int restarts) =>
        restarts < MaxRestarts && !isSuccess && outcome != VmOutcome.Cancelled;
}
