namespace KvmActors.Actors.Vm;

/// <summary>What happens when a VM does not end as it is meant to.</summary>
/// <param name="MaxRestarts">How often it is started again; 0 for never.</param>
/// <param name="Backoff">How long to wait each time, from 0.</param>
public sealed record RestartPolicy(int MaxRestarts, TimeSpan Backoff)
{
    /// <summary>It stays as it is.</summary>
    public static RestartPolicy Never { get; } = new(0, TimeSpan.Zero);

    /// <summary>Whether a VM is to be started again.</summary>
    /// <param name="ended">How it ended.</param>
    /// <param name="restarts">How often it was started again already.</param>
    public bool Wants(VmResult ended, int restarts) =>
        restarts < MaxRestarts && !ended.IsSuccess && ended.Outcome != VmOutcome.Cancelled;
}
