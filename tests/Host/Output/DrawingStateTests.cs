using System.Text;
using KvmActors.Host.Output;

namespace KvmActors.Host.Tests.Output;

public class DrawingStateTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\e[2J\e[H\e7\e8", "")]
    [InlineData("\e[?1049h", "\e[?1049l")]
    [InlineData("\e[?1049h\e[?1049l", "")]
    [InlineData("\e[?25l", "\e[?25h")]
    [InlineData("\e[?25;1h\e[4h", "\e[4l\e[?1l")]
    [InlineData("\e[?25l\e[?25h", "")]
    [InlineData("\e[31m", "\e[m")]
    [InlineData("\e=\e(0", "\e(B\e>")]
    [InlineData("\e=\e>", "")]
    [InlineData("\e[2;10r", "\e7\e[r\e8")]
    public void Reset_AfterSequences_TakesBackWhatTheyLeft(string sequences, string reset)
    {
        var state = new DrawingState();
        var left = Encoding.ASCII.GetBytes(sequences);
        while (left.Length > 0)
        {
            var kind = ControlSequence.Read(left, out var length);
            state.Note(kind, left.AsSpan(0, length));
            left = left[length..];
        }

        Assert.Equal(reset, state.Reset);
        Assert.False(state.HasAsked);
    }

    [Fact]
    public void HasAsked_AfterAQuestion_IsTrue()
    {
        var state = new DrawingState();

        state.Note(ControlSequenceKind.Question, "\e[6n"u8);

        Assert.True(state.HasAsked);
    }
}
