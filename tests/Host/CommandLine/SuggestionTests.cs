using KvmActors.Host.CommandLine;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("lsit", "list")]
    [InlineData("dcotor", "doctor")]
    [InlineData("exce", "exec")]
    [InlineData("chek", "check")]
    [InlineData("x", null)]
    [InlineData("", null)]
    [InlineData("frobnicate", null)]
    public void For_Word_IsTheNearestThatIsNear(string word, string? expected) =>
        Assert.Equal(expected, Suggestion.For(word, ["run", "list", "check", "new", "doctor", "compare", "exec"]));
}
