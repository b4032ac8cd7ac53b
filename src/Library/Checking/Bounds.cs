namespace KvmActors.Library.Checking;

/// <summary>The most that may be asked for, by whoever embeds guests and in scenarios alike.</summary>
internal static class Bounds
{
    /// <summary>The most VMs of one description.</summary>
    public const int MaxInstances = 1_000_000;

    /// <summary>The most VMs at once.</summary>
    public const int MaxConcurrency = 100_000;

    /// <summary>The most vCPUs of a VM.</summary>
    public const int MaxVcpus = 4096;

    /// <summary>The most files that a VM has open.</summary>
    public const int MaxOpenFiles = 65_536;

    /// <summary>The longest that anything is waited for: the most a timer of the actor runtime takes.</summary>
    public static TimeSpan MaxTimeout { get; } = TimeSpan.FromDays(24);

    /// <summary>The least time on a processor that a VM may be given.</summary>
    public static TimeSpan MinCpuBudget { get; } = TimeSpan.FromMilliseconds(1);
}
