using System.Text.RegularExpressions;

namespace KvmActors.Layout.Tests;

/// <summary>What one C# file says of namespaces.</summary>
/// <param name="Path">Where it is, below the repository's root.</param>
/// <param name="Namespace">Its namespace; empty when it has none.</param>
/// <param name="Used">The namespaces of ours that it names, in <c>using</c>s and in its code.</param>
/// <param name="Declared">The types that it declares.</param>
/// <param name="Words">Every name in its code.</param>
internal sealed partial record SourceFile(
    string Path, string Namespace, IReadOnlyList<string> Used, IReadOnlyList<string> Declared, IReadOnlySet<string> Words)
{
    public const string Root = "KvmActors";

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="known">The namespaces there are.</param>
    public static SourceFile Parse(string path, string text, IReadOnlySet<string> known)
    {
        var code = Comments().Replace(text, "");
        var usings = Usings().Matches(code).Select(match => match.Groups["name"].Value).Where(name => name.StartsWith(Root + ".", StringComparison.Ordinal));

        // A name like Interop.Memory.GuestMemory, which needs no using below KvmActors.
        var body = Strings().Replace(NamespaceLine().Replace(Usings().Replace(code, ""), ""), "");
        var qualified = QualifiedNames().Matches(body)
            .Select(match => match.Value.StartsWith(Root, StringComparison.Ordinal) ? match.Value : $"{Root}.{match.Value}");
        return new SourceFile(
            path,
            NamespaceLine().Match(code).Groups["name"].Value,
            [.. usings.Concat(qualified).Select(name => LongestOf(name, known)).OfType<string>().Distinct(StringComparer.Ordinal)],
            [.. Declarations().Matches(body).Select(match => match.Groups["name"].Value)],
            Names().Matches(body).Select(match => match.Value).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Every C# file below a folder of the repository.</summary>
    public static IReadOnlyList<SourceFile> ReadAll(string folder)
    {
        var files = Repository.Files(folder, "*.cs").Select(path => (path, Text: File.ReadAllText(System.IO.Path.Combine(Repository.Root, path)))).ToList();
        var known = files.Select(file => NamespaceLine().Match(file.Text).Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        return [.. files.Select(file => Parse(file.path, file.Text, known))];
    }

    private static string? LongestOf(string name, IReadOnlySet<string> known)
    {
        // What all names begin with says nothing.
        while (!known.Contains(name) || name == Root)
        {
            var end = name.LastIndexOf('.');
            if (end < 0)
            {
                return null;
            }

            name = name[..end];
        }

        return name;
    }

    [GeneratedRegex(@"//.*|/\*[\s\S]*?\*/", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comments();

    [GeneratedRegex("\"[^\"\\n]*\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Strings();

    [GeneratedRegex(@"^using (static )?(\w+ = )?(?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Usings();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"(?<![\w.])(KvmActors\.)?(Interop|Machine|Linux|Software|Actors|Host)(\.[A-Z]\w*)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QualifiedNames();

    [GeneratedRegex(@"^[a-z ]*\b(class|struct|enum|interface|record|delegate \w+) (struct |class )?(?<name>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declarations();

    [GeneratedRegex(@"\w+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}
