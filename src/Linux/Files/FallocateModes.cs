namespace KvmActors.Linux.Files;

/// <summary>What fallocate(2) is asked for (<c>linux/falloc.h</c>).</summary>
internal static class FallocateModes
{
    public const int KeepSize = 1, PunchHole = 2, ZeroRange = 0x10;

    /// <summary>Those that are served; others would move what is counted.</summary>
    public const int Known = KeepSize | PunchHole | ZeroRange;
}
