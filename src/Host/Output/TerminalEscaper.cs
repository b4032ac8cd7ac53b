using System.Buffers;
using System.Globalization;
using System.Text;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>
/// One stream of a guest as a terminal may show it. Text in UTF-8, tabs and ends of lines (also CR LF) pass as they are; other
/// control characters show as <c>^[</c>, other characters that could deceive as <c>&lt;U+202E&gt;</c>, bytes that are no UTF-8 as
/// <c>\x9b</c>. What comes out does not depend on where the guest's writes are cut: the beginning of a character, or a CR, waits
/// for what follows. One thread at a time.
/// </summary>
internal sealed class TerminalEscaper
{
    private const byte CarriageReturn = (byte)'\r', LineFeed = (byte)'\n', Tab = (byte)'\t', Delete = 0x7F;

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create([Tab, LineFeed, .. Enumerable.Range(0x20, Delete - 0x20).Select(value => (byte)value)]);

    private byte[] _held = [];

    /// <summary>Whether nothing waits for what follows.</summary>
    public bool IsEmpty => _held.Length == 0;

    /// <summary>Whether bytes pass as they are.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(Plain) < 0;

    /// <summary>Takes bytes of the guest.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="target">Receives what may be shown of it.</param>
    public void Escape(ReadOnlySpan<byte> bytes, IBufferWriter<byte> target)
    {
        ReadOnlySpan<byte> left = _held.Length == 0 ? bytes : (byte[])[.. _held, .. bytes];
        _held = [];
        while (!left.IsEmpty)
        {
            var plain = left.IndexOfAnyExcept(Plain) is var index and >= 0 ? index : left.Length;
            target.Write(left[..plain]);
            left = left[plain..];
            if (left.IsEmpty)
            {
                return;
            }

            var taken = EscapeFirst(left, target);
            if (taken == 0)
            {
                _held = left.ToArray();
                return;
            }

            left = left[taken..];
        }
    }

    /// <summary>Nothing follows: what waited is shown as what it is.</summary>
    /// <param name="target">Receives it.</param>
    public void Finish(IBufferWriter<byte> target)
    {
        foreach (var value in _held)
        {
            Show(value == CarriageReturn ? "^M" : Hex(value), target);
        }

        _held = [];
    }

    // How many bytes were dealt with; 0 when it depends on what follows.
    private static int EscapeFirst(ReadOnlySpan<byte> bytes, IBufferWriter<byte> target)
    {
        if (bytes[0] == CarriageReturn)
        {
            if (bytes.Length == 1)
            {
                return 0;
            }

            var endsLine = bytes[1] == LineFeed;
            Show(endsLine ? "\r\n" : "^M", target);
            return endsLine ? 2 : 1;
        }

        // From NUL, ^@, to US, ^_; and DEL, ^?.
        if (bytes[0] is < 0x20 or Delete)
        {
            Show($"^{(char)(bytes[0] ^ 0x40)}", target);
            return 1;
        }

        switch (Rune.DecodeFromUtf8(bytes, out var character, out var length))
        {
            case OperationStatus.NeedMoreData:
                return 0;
            case OperationStatus.Done when TerminalText.IsUnsafe(character):
                Show(string.Create(CultureInfo.InvariantCulture, $"<U+{character.Value:X4}>"), target);
                break;
            case OperationStatus.Done:
                target.Write(bytes[..length]);
                break;
            default:
                foreach (var value in bytes[..length])
                {
                    Show(Hex(value), target);
                }

                break;
        }

        return length;
    }

    private static string Hex(byte value) => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}");

    private static void Show(string text, IBufferWriter<byte> target) => Encoding.ASCII.GetBytes(text, target);
}
