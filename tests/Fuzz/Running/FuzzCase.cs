using System.Globalization;

namespace KvmActors.Fuzz.Tests.Running;

/// <summary>A case as the corpus keeps it: its choices, and in comments what they mean.</summary>
/// <param name="Choices">The choices.</param>
/// <param name="Comments">What they lead to.</param>
internal sealed record FuzzCase(ulong[] Choices, IReadOnlyList<string> Comments)
{
    /// <summary>The folder of all cases: in the repository when it is there, otherwise beside the program.</summary>
    public static string Corpus { get; } = FindCorpus();

    /// <summary>The files of a target's cases.</summary>
    public static IEnumerable<string> FilesOf(string target)
    {
        var folder = Path.Combine(Corpus, target);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.case").Order(StringComparer.Ordinal) : [];
    }

    /// <summary>Reads a case.</summary>
    public static FuzzCase Read(string file)
    {
        var lines = File.ReadAllLines(file);
        return new FuzzCase(
            [.. lines.Where(line => line is not ['#', ..]).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(word => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))],
            [.. lines.Where(line => line is ['#', ..]).Select(line => line[1..].Trim())]);
    }

    /// <summary>Writes it into a target's corpus.</summary>
    /// <returns>The file.</returns>
    public string Write(string target)
    {
        var words = string.Join(' ', Choices.Select(choice => choice.ToString("x", CultureInfo.InvariantCulture)));
        var name = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(words));
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(Corpus, target)).FullName, $"{Convert.ToHexStringLower(name)[..12]}.case");
        File.WriteAllLines(file, [.. Comments.Select(comment => $"# {comment.ReplaceLineEndings(" ")}"), words]);
        return file;
    }

    private static string FindCorpus()
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "corpus");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fuzz.Tests.csproj")))
            {
                return Path.Combine(folder.FullName, "corpus");
            }
        }

        return beside;
    }
}
