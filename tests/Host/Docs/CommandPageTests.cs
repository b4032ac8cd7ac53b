using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Reflection;
using System.Text;
using KvmActors.Host.CommandLine;

namespace KvmActors.Host.Tests.Docs;

/// <summary>docs/commands.md is the command line, word for word; the README knows every command.</summary>
[Trait("Needs", "Repository")]
public sealed class CommandPageTests
{
    private const string Page = "docs/commands.md";

    [Fact]
    public void Page_IsWhatTheCommandLineSays()
    {
        var expected = Document(CommandLineParser.Create());
        var file = Path.Combine(Pages.Root, Page);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, expected);
        }

        var actual = Pages.Read(Page).Split('\n');
        foreach (var line in expected.Split('\n'))
        {
            Assert.True(actual.Contains(line), $"{Page} lacks this line: {line}\nRun this test with UPDATE_DOCS=1 in the environment, and commit the file.");
        }

        Assert.True(expected == string.Join('\n', actual), $"{Page} says more than the command line does. Run this test with UPDATE_DOCS=1 in the environment, and commit the file.");
    }

    [Fact]
    public void Readme_NamesEveryCommand()
    {
        var names = Pages.NamesOn("README.md");

        Assert.All(CommandLineParser.Create().Subcommands.Where(command => !command.Hidden), command => Assert.True(
            names.Contains(command.Name), $"README.md does not name the command `{command.Name}`: add a row to its tables of commands"));
    }

    [Fact]
    public void Readme_HasEveryExitCode()
    {
        var codes = Pages.RowsOn("README.md", "Exit code").Select(row => row[0]).ToHashSet();

        Assert.All(typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static), code => Assert.True(
            codes.Contains(((int)code.GetRawConstantValue()!).ToString(CultureInfo.InvariantCulture)), $"README.md's table of exit codes lacks {code.Name}, {code.GetRawConstantValue()}"));
    }

    private static string Document(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("# The command line\n\n");
        text.Append("Written out of the program by a test (`UPDATE_DOCS=1 dotnet test tests/Host --filter CommandPageTests`); `--help` says the same.\n\n");
        text.Append("    kvmactors [OPTIONS] [--SETTING:KEY=VALUE …]\n    kvmactors COMMAND [OPTIONS]\n\n");
        text.Append("In the sources `dotnet run --project src/Host --` stands for `kvmactors`. Every command takes settings, which override\n");
        text.Append("`appsettings.json`: `--Kvm:Device=/dev/kvm`; a run and `check` also the scenario's: `--Scenario:Vms:0:Instances=100`\n");
        text.Append("([scenarios](scenarios.md) has all of them).\n");
        AddCommand(text, "Without a command: run a scenario", root);
        foreach (var command in root.Subcommands.Where(command => !command.Hidden))
        {
            AddCommand(text, $"`{command.Name}{string.Concat(command.Arguments.Select(argument => $" {argument.Name}"))}`", command);
        }

        return text.ToString();
    }

    private static void AddCommand(StringBuilder text, string title, Command command)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{command.Description}\n");
        if (command.Arguments.Count > 0)
        {
            text.Append("\n| Argument | Is |\n| --- | --- |\n");
            foreach (var argument in command.Arguments)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{Cell(argument.Name)}` | {Cell(argument.Description)} |\n");
            }
        }

        var options = command.Options.Where(option => option is not HelpOption && !option.Hidden).ToList();
        if (options.Count > 0)
        {
            text.Append("\n| Option | Does |\n| --- | --- |\n");
            foreach (var option in options)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{option.Name}{string.Concat(option.Aliases.Where(alias => alias.StartsWith('-')).Select(alias => $", {alias}"))}{(option.HelpName is null ? "" : $" {option.HelpName.Replace("|", "\\|", StringComparison.Ordinal)}")}` | {Cell(option.Description)} |\n");
            }
        }

        AddExamples(text, command);
    }

    private static void AddExamples(StringBuilder text, Command command)
    {
        foreach (var (does, line) in HelpExamples.Of(command))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{does}:\n\n    {line}\n");
        }
    }

    private static string Cell(string? description)
    {
        Assert.False(string.IsNullOrWhiteSpace(description), "an option or argument of the command line has no description");
        return description!.Replace("|", "\\|", StringComparison.Ordinal);
    }
}
