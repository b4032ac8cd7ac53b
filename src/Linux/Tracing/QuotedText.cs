using System.Globalization;
using System.Text;

namespace KvmActors.Linux.Tracing;

/// <summary>Bytes as a C string, with nothing in it that a terminal would act on.</summary>
internal static class QuotedText
{
    /// <summary>Quotes bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isCut">Whether there are more of them.</param>
    public static string Of(ReadOnlySpan<byte> bytes, bool isCut)
    {
        var text = new StringBuilder("\"");
        for (var index = 0; index < bytes.Length; index++)
        {
            var isDigitNext = index + 1 < bytes.Length && bytes[index + 1] is >= (byte)'0' and <= (byte)'9';
            _ = bytes[index] switch
            {
                (byte)'"' => text.Append("\\\""),
                (byte)'\\' => text.Append("\\\\"),
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                (byte)'\v' => text.Append("\\v"),
                (byte)'\f' => text.Append("\\f"),
                >= 0x20 and < 0x7F and var plain => text.Append((char)plain),
                var other => text.Append('\\').Append(Octal(other, isDigitNext)),
            };
        }

        return text.Append(isCut ? "\"..." : "\"").ToString();
    }

    // Three digits where a digit follows.
    private static string Octal(byte value, bool isLong) =>
        Convert.ToString(value, 8).PadLeft(isLong ? 3 : 1, '0').ToString(CultureInfo.InvariantCulture);
}
