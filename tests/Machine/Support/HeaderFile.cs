using System.Text.RegularExpressions;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Machine.Tests.Support;

/// <summary>A header that guests include, as the C compiler reads it.</summary>
internal static partial class HeaderFile
{
    /// <summary>Every constant that a header defines, with its value.</summary>
    /// <param name="name">The file's name in <c>guest/include</c>.</param>
    public static Dictionary<string, long> Constants(string name)
    {
        var includes = Path.Combine(AppContext.BaseDirectory, "include");
        var names = Definition().Matches(File.ReadAllText(Path.Combine(includes, name))).Select(match => match.Groups["name"].Value);
        using var folder = new TempFolder();
        var lines = names.Select(constant => $"    printf(\"{constant} %lld\\n\", (long long)({constant}));");
        var source = folder.AddFile("constants.c", $$"""
            #include <stdio.h>
            #include "{{name}}"
            int main(void)
            {
            {{string.Join('\n', lines)}}
                return 0;
            }
            """);
        return CCompiler.Run(source, "-I", includes);
    }

    [GeneratedRegex(@"^#define\s+(?<name>\w+)[ \t]+\S", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Definition();
}
