using System.Text;

namespace KvmActors.Interop.Libc;

/// <summary>
/// Text that is bytes to Linux, which need not be UTF-8: each byte that is no part of any is a lone surrogate, U+DC80 to U+DCFF, and
/// comes out as that byte again. So arguments and environments pass through the program unchanged, whatever is in them.
/// </summary>
public static class NativeText
{
    private const char FirstEscape = '\uDC80', LastEscape = '\uDCFF';
    private const int EscapeBase = 0xDC00;

    /// <summary>Reads bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var single in bytes[..length])
                {
                    text.Append((char)(EscapeBase + single));
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of a text.</summary>
    public static byte[] GetBytes(string text)
    {
        var bytes = new byte[GetByteCount(text)];
        GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>How many bytes a text has.</summary>
    public static int GetByteCount(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstEscape, LastEscape))
        {
            return Encoding.UTF8.GetByteCount(text);
        }

        var count = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            count += IsEscape(rest, out var rune, out var length) ? 1 : rune.Utf8SequenceLength;
            rest = rest[length..];
        }

        return count;
    }

    /// <summary>Puts the bytes of a text into a buffer, which has room for them.</summary>
    /// <returns>How many there are.</returns>
    public static int GetBytes(string text, Span<byte> target)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstEscape, LastEscape))
        {
            return Encoding.UTF8.GetBytes(text, target);
        }

        var count = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (IsEscape(rest, out var rune, out var length))
            {
                target[count++] = (byte)(rest[0] - EscapeBase);
            }
            else
            {
                count += rune.EncodeToUtf8(target[count..]);
            }

            rest = rest[length..];
        }

        return count;
    }

    // A low surrogate that a high one precedes is half of a character, which is read as a whole.
    private static bool IsEscape(ReadOnlySpan<char> text, out Rune rune, out int length) =>
        Rune.DecodeFromUtf16(text, out rune, out length) != System.Buffers.OperationStatus.Done && text[0] is >= FirstEscape and <= LastEscape;
}
