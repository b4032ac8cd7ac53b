using System.Text;
using KvmActors.Host.Configuration;

namespace KvmActors.Host.CommandLine;

/// <summary>Lists the scenarios that come with the program and what each shows, by what they are about.</summary>
internal static class ListCommand
{
    private const string Others = "Others";
    private const int MinTextWidth = 20;

    // The order in which somebody new would look at them.
    private static readonly string[] Groups = ["Linux programs", "Fleets", "Bare programs", "Several vCPUs", "Devices and memory", "Failures"];

    /// <summary>Lists them on standard output.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run()
    {
        var scenarios = ScenarioFiles.All().Select(file =>
        {
            var scenario = ProgramConfiguration.ReadFile(file).Find("Scenario");
            return (Name: Path.GetFileNameWithoutExtension(file), Group: scenario?.Find("Group")?.Text ?? Others, Description: scenario?.Find("Description")?.Text ?? "");
        });
        foreach (var line in Format([.. scenarios], Console.IsOutputRedirected ? null : Console.WindowWidth))
        {
            Console.WriteLine(line);
        }

        return ExitCodes.Success;
    }

    /// <summary>Makes the lines.</summary>
    /// <param name="scenarios">What there is.</param>
    /// <param name="width">The terminal's columns; null when it is none.</param>
    internal static IEnumerable<string> Format(IReadOnlyList<(string Name, string Group, string Description)> scenarios, int? width)
    {
        var indent = scenarios.Count == 0 ? 0 : scenarios.Max(scenario => scenario.Name.Length) + 2;
        foreach (var group in scenarios.GroupBy(scenario => scenario.Group).OrderBy(group => Place(group.Key)).ThenBy(group => group.Key, StringComparer.Ordinal))
        {
            yield return group.Key;
            foreach (var (name, _, description) in group)
            {
                var lines = Wrap(description, width is { } columns ? Math.Max(MinTextWidth, columns - indent - 1) : int.MaxValue);
                yield return $"{name.PadRight(indent)}{lines[0]}";
                foreach (var line in lines.Skip(1))
                {
                    yield return $"{new string(' ', indent)}{line}";
                }
            }

            yield return "";
        }

        yield return "Run one: --scenario NAME. Look at one: check NAME. Begin one of your own: new NAME.";
    }

    private static int Place(string group) => Array.IndexOf(Groups, group) is var place and >= 0 ? place : Groups.Length;

    private static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line.ToString());
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        lines.Add(line.ToString());
        return lines;
    }
}
