using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace KvmActors.Host.Report;

/// <summary>
/// Builds HTML and SVG. What stands in a string's holes is escaped, always: guests decide about much of it. Numbers are written
/// as the formats have them, whatever the culture.
/// </summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes markup, and what is in its holes as text.</summary>
    public HtmlWriter Write([InterpolatedStringHandlerArgument("")] ref Handler markup)
    {
        _ = markup;
        return this;
    }

    /// <summary>Writes markup that is a constant of the program.</summary>
    public HtmlWriter Markup(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Escape(ReadOnlySpan<char> text)
    {
        foreach (var symbol in text)
        {
            switch (symbol)
            {
                case '&':
                    _text.Append("&amp;");
                    break;
                case '<':
                    _text.Append("&lt;");
                    break;
                case '>':
                    _text.Append("&gt;");
                    break;
                case '"':
                    _text.Append("&quot;");
                    break;
                case '\'':
                    _text.Append("&#39;");
                    break;
                case '\n' or '\t':
                    _text.Append(symbol);
                    break;
                default:
                    // Neither what HTML forbids nor what turns the direction of the text around it.
                    _text.Append(char.IsControl(symbol) || symbol is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' ? '\ufffd' : symbol);
                    break;
            }
        }
    }

    /// <summary>Takes an interpolated string apart.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler
    {
        private readonly HtmlWriter _writer;

        /// <summary>Called by the compiler.</summary>
        public Handler(int literalLength, int formattedCount, HtmlWriter writer)
        {
            _writer = writer;
            writer._text.EnsureCapacity(writer._text.Length + literalLength + (8 * formattedCount));
        }

        /// <summary>The string's own text: markup.</summary>
        public void AppendLiteral(string markup) => _writer._text.Append(markup);

        /// <summary>A hole: text.</summary>
        public void AppendFormatted(string? text) => _writer.Escape(text);

        /// <summary>A hole: a number, with at most two decimals, which is plenty for a drawing.</summary>
        public void AppendFormatted(double number) => _writer._text.Append(CultureInfo.InvariantCulture, $"{number:0.##}");

        /// <summary>A hole: a number.</summary>
        public void AppendFormatted(long number) => _writer._text.Append(CultureInfo.InvariantCulture, $"{number}");
    }
}
