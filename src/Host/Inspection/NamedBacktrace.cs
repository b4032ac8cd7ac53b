using KvmActors.Machine.Inspection;

namespace KvmActors.Host.Inspection;

/// <summary>A frame of a backtrace as people read it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Symbol">The function's name and how far into it; null when the program's file does not tell.</param>
/// <param name="Origin">How the frame was found.</param>
internal sealed record NamedFrame(ulong Address, string? Symbol, FrameOrigin Origin)
{
    /// <summary>How it was found, in words; JSON has them too.</summary>
    public string OriginText => Origin switch
    {
        FrameOrigin.Rip => "rip",
        FrameOrigin.StackTop => "stack top",
        FrameOrigin.FramePointer => "frame pointer",
        _ => "stack scan",
    };
}

/// <summary>Gives a backtrace the names that the program's file has.</summary>
internal static class NamedBacktrace
{
    /// <summary>Names the frames.</summary>
    public static IReadOnlyList<NamedFrame> Of(CrashReport crash)
    {
        var symbols = new ProgramSymbols(crash);
        return [.. crash.Backtrace.Select(frame => new NamedFrame(frame.Address, Find(symbols, frame), frame.Origin))];
    }

    // A call at a function's very end returns to the next one.
    private static string? Find(ProgramSymbols symbols, StackFrame frame) =>
        frame.Origin == FrameOrigin.Rip || symbols.Find(unchecked(frame.Address - 1)) is not { } before ? symbols.Find(frame.Address)
            : symbols.Find(frame.Address) ?? before;
}
