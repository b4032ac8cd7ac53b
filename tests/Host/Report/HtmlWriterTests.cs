using KvmActors.Host.Report;

namespace KvmActors.Host.Tests.Report;

public sealed class HtmlWriterTests
{
    [Theory]
    [InlineData("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;")]
    [InlineData("a\nb\tc", "a\nb\tc")]
    [InlineData("a\0\u001b[31m\u0085", "a\ufffd\ufffd[31m\ufffd")]
    [InlineData("\u202eabc\u2066", "\ufffdabc\ufffd")]
    [InlineData("åß漢", "åß漢")]
    [InlineData(null, "")]
    public void Write_Hole_IsText(string? text, string expected) =>
        Assert.Equal($"<p>{expected}</p>", new HtmlWriter().Write($"<p>{text}</p>").ToString());

    [Fact]
    public void Write_Numbers_AreShort() =>
        Assert.Equal("1.23 -4 1000000", new HtmlWriter().Write($"{1.2345} {-4.0} {1_000_000}").ToString());
}
