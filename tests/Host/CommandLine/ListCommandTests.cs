using KvmActors.Host.CommandLine;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class ListCommandTests
{
    private static readonly (string, string, string)[] Scenarios =
    [
        ("a", "Something new", "first"),
        ("bb", "Bare programs", "a text of some words that is long"),
        ("ccc", "Linux programs", "short"),
    ];

    [Fact]
    public void Format_Scenarios_StandByWhatTheyAreAbout()
    {
        string[] expected =
        [
            "Linux programs", "ccc  short", "", "Bare programs", "bb   a text of some words that is long", "", "Something new", "a    first", "",
        ];

        Assert.Equal(expected, ListCommand.Format(Scenarios, width: null).SkipLast(1));
        Assert.Contains("new NAME", ListCommand.Format(Scenarios, width: null).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void Format_OnATerminal_BreaksLinesBetweenWords() => Assert.Equal(
        ["bb   a text of some words", "     that is long"],
        ListCommand.Format(Scenarios, width: 28).Where(line => line.StartsWith("bb", StringComparison.Ordinal) || line.StartsWith("  ", StringComparison.Ordinal)));
}
