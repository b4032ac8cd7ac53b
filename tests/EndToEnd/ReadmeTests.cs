using System.Text.RegularExpressions;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The README shows what one sees.</summary>
[Trait("Needs", "Repository")]
public sealed partial class ReadmeTests
{
    private static readonly string Root = RepositoryFolder.Root;

    /// <summary>Every line of the README's sample of the default scenario's output is there in a real run, but for its figures.</summary>
    [VmFact(AlwaysInSoftware = true)]
    public async Task Sample_DefaultScenario_IsWhatItPrints()
    {
        var sample = Block("      VM ");
        using var host = await HostProcess.RunAsync();

        var printed = host.Error.Split('\n').Select(Shape).ToHashSet();
        Assert.True(sample.Count > 10, "the README's sample was not found");
        Assert.All(sample.Where(line => line.Trim() is not ("" or "…")), line => Assert.True(
            printed.Contains(Shape(line)), $"README.md shows a line that the program does not print:\n{line}\nIt prints:\n{host.Error}"));

        // And the other way round: nothing is left out but exits' and hypercalls' rows, for which … stands.
        var shown = sample.Select(Shape).ToHashSet();
        Assert.All(host.Error.Split('\n').Where(line => line.Contains("reader-", StringComparison.Ordinal) || line.Contains("ended well", StringComparison.Ordinal)), line => Assert.True(
            shown.Contains(Shape(line)), $"README.md's sample lacks this line:\n{line}"));
    }

    /// <summary>The indented block that contains a text, without its indentation.</summary>
    private static List<string> Block(string beginning)
    {
        var lines = File.ReadAllLines(Path.Combine(Root, "README.md"));
        var start = Array.FindIndex(lines, line => line.StartsWith(beginning, StringComparison.Ordinal));
        return start < 0 ? [] : [.. lines.Skip(start).TakeWhile(line => line.Length == 0 || line.StartsWith("    ", StringComparison.Ordinal))];
    }

    // Which column, which words and which kind of unit; not how long or how many, and not how wide.
    // Nor that it was in software, where it was.
    private static string Shape(string line) => Space().Replace(Line().Replace(Figure().Replace(line.Replace(", in software", "", StringComparison.Ordinal), match => match.Groups["unit"].Success ? "# time" : "#"), "─"), " ").Trim();

    [GeneratedRegex("(?<![a-zA-Z0-9.,-])[0-9][0-9.,]*(?<unit> (ns|µs|ms|s)\\b)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Figure();

    [GeneratedRegex("─+", RegexOptions.None, 1000)]
    private static partial Regex Line();

    [GeneratedRegex(" +", RegexOptions.None, 1000)]
    private static partial Regex Space();
}
