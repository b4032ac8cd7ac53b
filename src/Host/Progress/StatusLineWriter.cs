using System.Text;

namespace KvmActors.Host.Progress;

/// <summary>The terminal for those who write text to it, logs and traces for example: the status line makes way for them.</summary>
internal sealed class StatusLineWriter(TextWriter terminal, StatusLine line) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => terminal.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write((value + NewLine).AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        line.TryBegin();
        try
        {
            terminal.Write(buffer);
            terminal.Flush();
        }
        finally
        {
            line.End(inLine: buffer[^1] != '\n');
        }
    }

    /// <inheritdoc/>
    public override void Flush() => terminal.Flush();
}
