using System.Text;

namespace KvmActors.Machine.Streams;

/// <summary>Which characters a guest must not send to a person's terminal as they are.</summary>
public static class TerminalText
{
    /// <summary>
    /// Whether a terminal, or who reads it, could be deceived: control characters (C0, DEL, C1); what changes the direction of
    /// text (Unicode's bidirectional formatting characters, UAX #9); line and paragraph separators; and tags, which nobody sees.
    /// </summary>
    public static bool IsUnsafe(Rune character) => character.Value is < 0x20 or (>= 0x7F and < 0xA0)
        or 0x061C or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069) or (>= 0xE0000 and <= 0xE007F);
}
