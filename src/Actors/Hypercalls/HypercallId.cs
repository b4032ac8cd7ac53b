namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// What a guest asked for, however it asked: the rows of the hypercall statistics. Names are shown in lower case, as system
/// calls are.
/// </summary>
public enum HypercallId
{
    /// <summary>A number that means nothing to us.</summary>
    Unknown,

    /// <summary>Opens a file.</summary>
    Open,

    /// <summary>Reads from a file.</summary>
    Read,

    /// <summary>Writes to a file.</summary>
    Write,

    /// <summary>Closes a file.</summary>
    Close,

    /// <summary>Moves a file's position.</summary>
    Lseek,

    /// <summary>Reads from a file at an offset.</summary>
    Pread64,
}
