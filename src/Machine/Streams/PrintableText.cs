using System.Text;

namespace KvmActors.Machine.Streams;

/// <summary>What a guest says, for a person's terminal: one line, and nothing that the terminal would act on.</summary>
public static class PrintableText
{
    /// <summary>The text with a space for each character that could deceive, control characters among them.</summary>
    /// <param name="utf8">What the guest says, in any encoding; what is no UTF-8 shows as U+FFFD.</param>
    /// <param name="isCut">Whether there was more of it, which an ellipsis shows.</param>
    public static string Of(ReadOnlySpan<byte> utf8, bool isCut = false)
    {
        var text = Encoding.UTF8.GetString(utf8).Trim();
        return string.Create(text.Length + (isCut ? 1 : 0), text, (target, source) =>
        {
            target.Fill('…');
            for (var index = 0; index < source.Length; index++)
            {
                target[index] = Rune.TryCreate(source[index], out var character) && TerminalText.IsUnsafe(character) ? ' ' : source[index];
            }
        });
    }
}
