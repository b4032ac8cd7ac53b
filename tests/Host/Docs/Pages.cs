using System.Text.RegularExpressions;

namespace KvmActors.Host.Tests.Docs;

/// <summary>The documentation, as it lies in the repository.</summary>
internal static partial class Pages
{
    /// <summary>The folder that KvmActors.sln is in.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A page's text.</summary>
    public static string Read(string page) => File.ReadAllText(Path.Combine(Root, page));

    /// <summary>What stands in backticks on a page, or in quotes within them: names as people type them.</summary>
    public static HashSet<string> NamesOn(string page)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var code in Code().Matches(Read(page)).Select(match => match.Groups["code"].Value))
        {
            names.Add(code);
            names.UnionWith(Word().Matches(code).Select(match => match.Value));
        }

        return names;
    }

    /// <summary>The cells of all tables' rows on a page, by row; of tables whose first heading is this, if given.</summary>
    public static IEnumerable<string[]> RowsOn(string page, string? heading = null)
    {
        var isWanted = false;
        var wasRow = false;
        foreach (var line in Read(page).Split('\n'))
        {
            var isRow = line.StartsWith("| ", StringComparison.Ordinal);
            string[] cells = [.. line.Trim('|', ' ').Split(" | ").Select(cell => cell.Trim())];
            if (isRow && !wasRow)
            {
                isWanted = heading is null || cells[0] == heading;
            }
            else if (isRow && isWanted && !cells[0].StartsWith("---", StringComparison.Ordinal))
            {
                yield return cells;
            }

            wasRow = isRow;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvmActors.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below the sources.");
    }

    [GeneratedRegex("`(?<code>[^`\n]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [GeneratedRegex("[A-Za-z_][A-Za-z0-9_]*", RegexOptions.None, 1000)]
    private static partial Regex Word();
}
