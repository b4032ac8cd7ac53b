namespace KvmActors.Linux.Files;

/// <summary>What a wait for files ends by, besides somebody who wakes it.</summary>
internal struct FileWait
{
    /// <summary>Waits until woken.</summary>
    public FileWait() => Nanoseconds = -1;

    /// <summary>How long at the most; -1 for ever.</summary>
    public long Nanoseconds { get; private set; }

    /// <summary>Whether the process's standard input ends it.</summary>
    public bool ForInput { get; set; }

    /// <summary>Shortens it.</summary>
    /// <param name="nanoseconds">How long at the most; negative for ever.</param>
    public void EndIn(long nanoseconds)
    {
        if (nanoseconds >= 0 && (Nanoseconds < 0 || nanoseconds < Nanoseconds))
        {
            Nanoseconds = nanoseconds;
        }
    }
}
