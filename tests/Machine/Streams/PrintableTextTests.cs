using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Tests.Streams;

public class PrintableTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("  around \n", "around")]
    [InlineData("a\r\nb\tc", "a  b c")]
    [InlineData("\u001b[31mred\u001b[0m", " [31mred [0m")]
    [InlineData("bell\u0007, C1\u009bm", "bell , C1 m")]
    [InlineData("ümläute €", "ümläute €")]
    [InlineData("", "")]
    public void Of_Text_HasNothingThatATerminalActsOn(string text, string expected) =>
        Assert.Equal(expected, PrintableText.Of(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Of_NoUtf8_ShowsReplacements() => Assert.Equal("a\uFFFDb", PrintableText.Of([(byte)'a', 0xFF, (byte)'b']));

    [Theory]
    [InlineData("cut", "cut…")]
    [InlineData("", "…")]
    public void Of_CutText_EndsWithAnEllipsis(string text, string expected) =>
        Assert.Equal(expected, PrintableText.Of(Encoding.UTF8.GetBytes(text), isCut: true));

    [Fact]
    public void Of_AnyBytes_IsOneLineWithoutControls() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes => !PrintableText.Of(bytes).Any(char.IsControl)).QuickCheckThrowOnFailure();
}
