using System.Buffers.Binary;
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
    // AT_ENTRY of linux/auxvec.h.
    private const ulong EntryPoint = 9;

    /// <summary>Names the frames.</summary>
    public static IReadOnlyList<NamedFrame> Of(CrashReport crash)
    {
        var symbols = crash.ProgramFile is { } file ? ElfSymbols.TryRead(file) : null;

        // A position-independent program is elsewhere than its file says.
        var bias = symbols is not null && FindEntry(crash.AuxiliaryVector) is { } entry ? unchecked(entry - symbols.Entry) : 0;
        return [.. crash.Backtrace.Select(frame => new NamedFrame(frame.Address, Find(symbols, frame, bias), frame.Origin))];
    }

    // A call at a function's very end returns to the next one.
    private static string? Find(ElfSymbols? symbols, StackFrame frame, ulong bias)
    {
        var address = unchecked(frame.Address - bias);
        return frame.Origin == FrameOrigin.Rip || symbols?.Find(address - 1) is null ? symbols?.Find(address)
            : symbols.Find(address) ?? symbols.Find(address - 1);
    }

    private static ulong? FindEntry(IReadOnlyList<byte> vector)
    {
        ReadOnlySpan<byte> bytes = [.. vector];
        for (; bytes.Length >= 2 * sizeof(ulong); bytes = bytes[(2 * sizeof(ulong))..])
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) == EntryPoint)
            {
                return BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]);
            }
        }

        return null;
    }
}
