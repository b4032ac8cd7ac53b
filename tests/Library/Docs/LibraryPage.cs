using KvmActors.Layout.Tests;

namespace KvmActors.Library.Tests.Docs;

/// <summary>docs/library.md, and the code on it.</summary>
internal static class LibraryPage
{
    private const string Fence = "```";

    public static string Text { get; } = File.ReadAllText(Path.Combine(Repository.Root, "docs", "library.md"));

    /// <summary>The blocks of code in a language, with the lines that they begin in.</summary>
    public static IEnumerable<(int Line, string Code)> Blocks(string language)
    {
        List<string>? block = null;
        var isWanted = false;
        foreach (var (index, line) in Text.Split('\n').Index())
        {
            if (!line.StartsWith(Fence, StringComparison.Ordinal))
            {
                block?.Add(line);
            }
            else if (block is null)
            {
                (block, isWanted) = ([], line[Fence.Length..] == language);
            }
            else
            {
                if (isWanted)
                {
                    yield return (index - block.Count + 1, string.Join('\n', block) + "\n");
                }

                block = null;
            }
        }
    }
}
