using System.Text;
using KvmActors.Host.Output;

namespace KvmActors.Host.Tests.Output;

public class ControlSequenceTests
{
    [Theory]
    [InlineData("\e[m", nameof(ControlSequenceKind.Style))]
    [InlineData("\e[1;31;48m", nameof(ControlSequenceKind.Style))]
    [InlineData("\e[2J", nameof(ControlSequenceKind.Drawing))]
    [InlineData("\e[12;40H", nameof(ControlSequenceKind.Drawing))]
    [InlineData("\e[?1049h", nameof(ControlSequenceKind.Drawing))]
    [InlineData("\e[?25;7l", nameof(ControlSequenceKind.Drawing))]
    [InlineData("\e7", nameof(ControlSequenceKind.Drawing))]
    [InlineData("\e(0", nameof(ControlSequenceKind.Drawing))]
    [InlineData("\e[6n", nameof(ControlSequenceKind.Question))]
    [InlineData("\e", nameof(ControlSequenceKind.Incomplete))]
    [InlineData("\e(", nameof(ControlSequenceKind.Incomplete))]
    [InlineData("\e[", nameof(ControlSequenceKind.Incomplete))]
    [InlineData("\e[?12;", nameof(ControlSequenceKind.Incomplete))]
    [InlineData("\e]0;title\a", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e]52;c;cm0gLXJm\a", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\eP$q\"p\e\\", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e_", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\ec", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e(A", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[c", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[5n", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[?6n", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[21t", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[?1000h", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[20h", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[25h", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[?25;1000h", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[>4;2m", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[?1m", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[1 q", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[1$r", nameof(ControlSequenceKind.Unknown))]
    [InlineData("\e[4i", nameof(ControlSequenceKind.Unknown))]
    [InlineData("x\e[m", nameof(ControlSequenceKind.Unknown))]
    public void Read_Sequence_IsOfItsKind(string text, string kind)
    {
        Assert.Equal(kind, ControlSequence.Read(Encoding.ASCII.GetBytes(text), out var length).ToString());

        Assert.Equal(kind is nameof(ControlSequenceKind.Style) or nameof(ControlSequenceKind.Drawing) or nameof(ControlSequenceKind.Question) ? text.Length : 0, length);
    }

    [Fact]
    public void Read_SequenceWithoutEnd_IsGivenUp()
    {
        var bytes = Encoding.ASCII.GetBytes("\e[" + new string('1', 100) + "m");

        Assert.Equal(ControlSequenceKind.Incomplete, ControlSequence.Read(bytes.AsSpan(0, ControlSequence.MaxBytes - 1), out _));
        Assert.Equal(ControlSequenceKind.Unknown, ControlSequence.Read(bytes.AsSpan(0, ControlSequence.MaxBytes), out _));
        Assert.Equal(ControlSequenceKind.Unknown, ControlSequence.Read(bytes, out _));
    }
}
