namespace KvmActors.Host.GuestOutput;

/// <summary>Where guests' output goes.</summary>
internal enum OutputMode
{
    /// <summary>To the process's own streams, as it is.</summary>
    Plain,

    /// <summary>There too, each line behind the name of the instance that wrote it.</summary>
    Prefix,

    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Into a file for each instance.</summary>
    Files,
}

/// <summary>What people want of guests' output: a mode, and the folder where there are files.</summary>
/// <param name="Mode">Where it goes.</param>
/// <param name="Folder">The files' folder; empty for other modes.</param>
internal sealed record OutputChoice(OutputMode Mode, string Folder = "")
{
    /// <summary>How people write it.</summary>
    public const string Forms = "plain, prefix, none, files=DIR";

    private const string FilesIn = "files=";

    /// <summary>To the process's own streams, as it is.</summary>
    public static OutputChoice Plain { get; } = new(OutputMode.Plain);

    /// <summary>Reads a choice.</summary>
    /// <returns>Null when it is none.</returns>
    public static OutputChoice? Parse(string? word) => word switch
    {
        null or "plain" => Plain,
        "prefix" => new(OutputMode.Prefix),
        "none" => new(OutputMode.None),
        _ when word.StartsWith(FilesIn, StringComparison.Ordinal) && word.Length > FilesIn.Length => new(OutputMode.Files, word[FilesIn.Length..]),
        _ => null,
    };
}
