using System.Diagnostics;
using System.Text.RegularExpressions;
using KvmActors.Generators;
using KvmActors.Layout.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace KvmActors.Library.Tests.Docs;

/// <summary>What docs/library.md shows compiles, against what somebody who uses the package sees.</summary>
[Trait("Needs", "Repository")]
public sealed partial class LibraryPageTests
{
    // What a new project has, and names that the page's text introduces.
    private const string Prelude = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using KvmActors;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;

        internal static partial class Program
        {
            private static readonly KvmHost host = null!;
            private static readonly GuestTemplate template = null!;
            private static readonly Guest guest = null!;
            private static readonly List<byte[]> inputs = null!;
            private static readonly CancellationToken ct;
        }
        """;

    private static readonly CSharpParseOptions Options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    // All that the tests run with, but for the rooms below the library.
    private static readonly MetadataReference[] References = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
        .Where(file => Path.GetFileName(file) is var name && (name == "KvmActors.Library.dll" || (!name.StartsWith("KvmActors.", StringComparison.Ordinal) && !name.StartsWith("Akka", StringComparison.Ordinal))))
        .Select(file => MetadataReference.CreateFromFile(file))];

    public static TheoryData<int> StatementBlocks => [.. LibraryPage.Blocks("csharp").Where(block => IsProgram(Parse(block.Code))).Select(block => block.Line)];

    [Fact]
    public void Blocks_OfThePage_AreThere()
    {
        Assert.InRange(LibraryPage.Blocks("csharp").Count(), 15, 100);
        Assert.InRange(LibraryPage.Blocks("c").Count(), 2, 100);
        Assert.InRange(LibraryPage.Blocks("cpp").Count(), 2, 100);
    }

    [Theory]
    [MemberData(nameof(StatementBlocks))]
    public void Statements_WithTheTypesOfThePage_Compile(int line)
    {
        var blocks = LibraryPage.Blocks("csharp").Select(block => (block.Line, Tree: Parse(block.Code))).ToList();
        var compilation = CSharpCompilation.Create(
            "Page",
            [Parse(Prelude), blocks.Single(block => block.Line == line).Tree, .. blocks.Where(block => !IsProgram(block.Tree)).Select(block => block.Tree)],
            References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));

        CSharpGeneratorDriver.Create([new FunctionsGenerator().AsSourceGenerator()], parseOptions: Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out var whole, out var said);

        Assert.Empty(said);
        Assert.Empty(whole.GetDiagnostics().Where(problem => problem.Severity == DiagnosticSeverity.Error));
    }

    [Theory]
    [InlineData("c", "gcc", "-std=c11")]
    [InlineData("cpp", "g++", "-std=c++20")]
    public async Task Guests_OfThePage_Compile(string language, string compiler, string standard)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, compiler))))
        {
            // There is no C++ compiler here, which the build says.
            return;
        }

        foreach (var (line, code) in LibraryPage.Blocks(language))
        {
            using var run = Process.Start(new ProcessStartInfo(
                compiler, ["-fsyntax-only", standard, "-Wall", "-Wextra", "-Werror", "-I", Path.Combine(Repository.Root, "guest", "include"), "-x", language == "c" ? "c" : "c++", "-"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            await run.StandardInput.WriteAsync(code);
            run.StandardInput.Close();
            var said = await run.StandardError.ReadToEndAsync();
            await run.WaitForExitAsync();

            Assert.True(run.ExitCode == 0, $"docs/library.md, line {line}: {said}");
        }
    }

    [Fact]
    public void Diagnostics_OfTheGenerator_AreThoseOfTheTable()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "src", "Generators", "Problem.cs"));

        Assert.Equal(
            Numbers().Matches(source).Select(match => $"KVMA{int.Parse(match.Groups["number"].Value):000}"),
            Rows().Matches(LibraryPage.Text).Select(match => match.Groups["id"].Value));
    }

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(code, Options);

    private static bool IsProgram(SyntaxTree tree) => tree.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any();

    [GeneratedRegex(@"Describe\((?<number>\d+),", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"^\| (?<id>KVMA\d{3}) \| \S", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rows();
}
