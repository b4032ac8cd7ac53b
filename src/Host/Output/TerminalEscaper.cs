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
/// <param name="mayDraw">
/// Whether the guest may draw from now on (<see cref="ControlSequence"/>), because it reads keys from this terminal; before, colours are
/// left out. Null when it knows of no terminal: then all sequences show.
/// </param>
internal sealed class TerminalEscaper(Func<bool>? mayDraw = null)
{
    private const byte CarriageReturn = (byte)'\r', LineFeed = (byte)'\n', Tab = (byte)'\t', Delete = 0x7F;

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create([Tab, LineFeed, .. Enumerable.Range(0x20, Delete - 0x20).Select(value => (byte)value)]);

    private readonly DrawingState _drawing = new();
    private byte[] _held = [];
    private bool _draws;

    /// <summary>Whether nothing waits for what follows, and nothing is left on the terminal.</summary>
    public bool IsEmpty => _held.Length == 0 && mayDraw is null;

    /// <summary>Whether the terminal was asked something that it answers as the user's input.</summary>
    public bool HasAsked => _drawing.HasAsked;

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
            Show(value < 0x20 ? Caret(value) : value < Delete ? $"{(char)value}" : Hex(value), target);
        }

        _held = [];
        Show(_drawing.Reset, target);
    }

    // How many bytes were dealt with; 0 when it depends on what follows.
    private int EscapeFirst(ReadOnlySpan<byte> bytes, IBufferWriter<byte> target)
    {
        if (mayDraw is not null && DrawFirst(bytes, target) is { } drawn)
        {
            return drawn;
        }

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
            Show(Caret(bytes[0]), target);
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

    // Null when it is nothing that is drawn with.
    private int? DrawFirst(ReadOnlySpan<byte> bytes, IBufferWriter<byte> target)
    {
        const byte Bell = 7, BackSpace = 8;
        if (bytes[0] is Bell or BackSpace or CarriageReturn && MayDraw())
        {
            target.Write(bytes[..1]);
            return 1;
        }

        var kind = ControlSequence.Read(bytes, out var length);
        switch (kind)
        {
            case ControlSequenceKind.Incomplete:
                return 0;
            case ControlSequenceKind.Style or ControlSequenceKind.Drawing or ControlSequenceKind.Question when MayDraw():
                _drawing.Note(kind, bytes[..length]);
                target.Write(bytes[..length]);
                return length;
            case ControlSequenceKind.Style:
                return length;
            default:
                return null;
        }
    }

    // Who has drawn has to leave the terminal as it was, when it reads lines again.
    private bool MayDraw() => _draws |= mayDraw!();

    private static string Caret(byte value) => $"^{(char)(value ^ 0x40)}";

    private static string Hex(byte value) => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}");

    private static void Show(string text, IBufferWriter<byte> target) => Encoding.ASCII.GetBytes(text, target);
}
