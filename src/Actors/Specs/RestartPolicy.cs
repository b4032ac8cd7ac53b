namespace KvmActors.Actors.Specs;

/// <summary>After which ends a VM is started again.</summary>
public enum RestartMode
{
    /// <summary>After none.</summary>
    Never,

    /// <summary>When it did not end as it is meant to.</summary>
    OnFailure,

    /// <summary>Whenever it ended, until the scenario is cancelled.</summary>
    Always,
}

/// <summary>When a VM is started again, how often, and after which pause.</summary>
public sealed record RestartPolicy
{
    /// <summary>It stays as it is.</summary>
    public static RestartPolicy Never { get; } = new();

    /// <summary>After which ends.</summary>
    public RestartMode Mode { get; init; }

    /// <summary>
    /// How often it is started again after a failure within any <see cref="Window"/>, from 1; at the next failure it is
    /// quarantined. Restarts after a good end do not count.
    /// </summary>
    public int MaxRestarts { get; init; } = 3;

    /// <summary>How long a restart counts, more than 0; null for as long as the scenario runs.</summary>
    public TimeSpan? Window { get; init; }

    /// <summary>The pause before the first restart, from 0. It doubles with each further restart that counts.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>The longest pause, at least <see cref="Backoff"/>.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(30);
}
