namespace KvmActors.Interop.Memory;

/// <summary>How reading a guest's string ended.</summary>
public enum GuestStringResult
{
    /// <summary>The terminating NUL was found.</summary>
    Ok,

    /// <summary>The string does not start in memory, or runs out of it before its NUL.</summary>
    OutsideMemory,

    /// <summary>There is no NUL within the length allowed.</summary>
    TooLong,
}
