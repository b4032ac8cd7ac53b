using KvmActors.Host.Output;

namespace KvmActors.Host.Tests.Output;

public sealed class ErrorLineTests
{
    [Theory]
    [InlineData("a b", "a b")]
    [InlineData("a\nb\r\n", "a\\nb\\u000d\\n")]
    [InlineData("\e[31m\0\u0085\u2028ä", "\\u001b[31m\\u0000\\u0085\\u2028ä")]
    public void Format_ControlCharacters_AreWrittenOut(string text, string expected) => Assert.Equal(expected, ErrorLine.Format(text));

    [Fact]
    public void Format_WithoutEnd_IsCut() => Assert.Equal(6001, ErrorLine.Format(new string('a', 100_000)).Length);
}
