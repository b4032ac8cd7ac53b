using System.Buffers;
using System.Text;

namespace KvmActors.Host.Output;

/// <summary>What a control sequence asks of a terminal.</summary>
internal enum ControlSequenceKind
{
    /// <summary>Something else than what is known to be harmless, or nothing that begins with ESC.</summary>
    Unknown,

    /// <summary>Its end is yet to come.</summary>
    Incomplete,

    /// <summary>Colours and weights of what follows (SGR).</summary>
    Style,

    /// <summary>Moving the cursor, erasing, scrolling, and how keys report themselves: what programs draw with.</summary>
    Drawing,

    /// <summary>The terminal is to type where the cursor is (CPR), as the user's input.</summary>
    Question,
}

/// <summary>
/// Reads control sequences (ECMA-48, and xterm's list of them). Known are those that draw on the screen, all of which
/// <see cref="DrawingState"/> can take back. What sets titles, fills the clipboard, prints, resizes windows or asks questions, but for
/// the cursor's place, is not among them.
/// </summary>
internal static class ControlSequence
{
    /// <summary>Bytes of the longest that is known.</summary>
    public const int MaxBytes = 64;

    private const byte Escape = 0x1B;

    // CSI's last bytes. @ to M, P, S, T, X, a, d, e, f, ` move, insert and erase; r sets the region, s and u keep the cursor's place.
    private static readonly SearchValues<byte> Draws = SearchValues.Create("@ABCDEFGHIJKLMPSTXZade`frsu"u8);

    // 4 insert; ?1 cursor keys, ?7 wrapping, ?12 and ?25 the cursor, ?47, ?1047 to ?1049 the second screen, ?2004 pasting.
    private static readonly string[] Modes = ["4", "?1", "?7", "?12", "?25", "?47", "?1047", "?1048", "?1049", "?2004"];

    /// <summary>Reads the sequence at the beginning.</summary>
    /// <param name="bytes">What begins with ESC.</param>
    /// <param name="length">Its bytes, when it is known.</param>
    public static ControlSequenceKind Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.IsEmpty || bytes[0] != Escape)
        {
            return ControlSequenceKind.Unknown;
        }

        if (bytes.Length == 1)
        {
            return ControlSequenceKind.Incomplete;
        }

        switch (bytes[1])
        {
            // Keeping the cursor's place and going back, lines down and up, keypad modes.
            case (byte)'7' or (byte)'8' or (byte)'D' or (byte)'E' or (byte)'M' or (byte)'=' or (byte)'>':
                length = 2;
                return ControlSequenceKind.Drawing;
            case (byte)'(' or (byte)')' when bytes.Length == 2:
                return ControlSequenceKind.Incomplete;
            case (byte)'(' or (byte)')' when bytes[2] is (byte)'B' or (byte)'0':
                length = 3;
                return ControlSequenceKind.Drawing;
            case (byte)'[':
                return ReadCsi(bytes, out length);
            default:
                return ControlSequenceKind.Unknown;
        }
    }

    /// <summary>The modes that a sequence sets or resets, private ones with their question mark; none when it does neither.</summary>
    /// <param name="sequence">The whole sequence, which is known.</param>
    public static IEnumerable<string> ModesOf(ReadOnlySpan<byte> sequence)
    {
        var isPrivate = sequence.StartsWith("\e[?"u8);
        return sequence[^1] is (byte)'h' or (byte)'l' && sequence[1] == '['
            ? Encoding.ASCII.GetString(sequence[(isPrivate ? 3 : 2)..^1]).Split(';').Select(mode => isPrivate ? $"?{mode}" : mode)
            : [];
    }

    private static ControlSequenceKind ReadCsi(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        var isPrivate = bytes.Length > 2 && bytes[2] == '?';
        var end = isPrivate ? 3 : 2;
        while (end < bytes.Length && bytes[end] is (>= (byte)'0' and <= (byte)'9') or (byte)';')
        {
            end++;
        }

        if (end == bytes.Length)
        {
            return end < MaxBytes ? ControlSequenceKind.Incomplete : ControlSequenceKind.Unknown;
        }

        var kind = end < MaxBytes ? KindOfCsi(bytes[..(end + 1)], isPrivate) : ControlSequenceKind.Unknown;
        length = kind == ControlSequenceKind.Unknown ? 0 : end + 1;
        return kind;
    }

    private static ControlSequenceKind KindOfCsi(ReadOnlySpan<byte> sequence, bool isPrivate) => sequence[^1] switch
    {
        (byte)'m' when !isPrivate => ControlSequenceKind.Style,
        (byte)'n' when sequence[2..^1].SequenceEqual("6"u8) => ControlSequenceKind.Question,
        (byte)'h' or (byte)'l' when ModesOf(sequence).All(mode => Modes.Contains(mode, StringComparer.Ordinal)) => ControlSequenceKind.Drawing,
        var last when !isPrivate && Draws.Contains(last) => ControlSequenceKind.Drawing,
        _ => ControlSequenceKind.Unknown,
    };
}
