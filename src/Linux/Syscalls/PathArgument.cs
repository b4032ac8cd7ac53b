namespace KvmActors.Linux.Syscalls;

/// <summary>A path that a call was given, copied out of the guest.</summary>
internal readonly ref struct PathArgument
{
    /// <summary>The directory it is relative to: absolute.</summary>
    public required ReadOnlySpan<byte> Start { get; init; }

    /// <summary>As the guest wrote it; not empty.</summary>
    public required ReadOnlySpan<byte> Text { get; init; }
}
