using KvmActors.Host.CommandLine;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class HelpExamplesTests
{
    [Fact]
    public void Of_EveryCommand_AreLinesThatAreUnderstood()
    {
        var root = CommandLineParser.Create();
        Assert.All(root.Subcommands.Where(command => !command.Hidden).Append<System.CommandLine.Command>(root), command =>
        {
            var examples = HelpExamples.Of(command).ToList();
            Assert.NotEmpty(examples);
            Assert.All(examples, example =>
            {
                string[] words = [.. example.Line.Split(' ').Skip(1)];
                var parsed = CommandLineParser.Parse(words);
                Assert.Empty(parsed.Errors);
                SettingWords.Read(parsed, hasScenario: true);
                Assert.True(parsed.CommandResult.Command.Name == command.Name || words[0] == "exec" || command == root, example.Line);
            });
        });
    }

    [Fact]
    public void Help_OfACommand_EndsWithItsExamples()
    {
        using var output = new StringWriter();

        Assert.Equal(0, CommandLineParser.Parse(["check", "--help"]).Invoke(new() { Output = output }));

        Assert.EndsWith("Examples:\n  kvmactors check my.json\n      See all that is wrong with a scenario before it runs.\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("check", output.ToString().Split("Examples:")[0], StringComparison.Ordinal);
    }
}
