using System.Diagnostics;
using System.Text.RegularExpressions;

namespace KvmActors.EndToEnd.Tests;

/// <summary>
/// The guest kernel's files are listed in guest/kernel/README.md so that each calls only files below it: one can read them in
/// that order, and there is no circle. The object files say who uses whose symbols.
/// </summary>
[Trait("Needs", "Repository")]
public sealed partial class KernelLayersTests
{
    private static string Kernel => Path.Combine(RepositoryFolder.Root, "guest", "kernel");

    [Fact]
    public void ReadingOrder_IsOfEveryFile()
    {
        // The linker script is a source by its name alone.
        var files = Directory.EnumerateFiles(Kernel).Select(Path.GetFileName).Where(name => name!.EndsWith(".c", StringComparison.Ordinal)
            || (name.EndsWith(".S", StringComparison.Ordinal) && name != "kernel.lds.S"));

        Assert.Equal(files.Order(StringComparer.Ordinal), ReadingOrder().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryFile_UsesOnlyFilesBelowItInTheReadingOrder()
    {
        var order = ReadingOrder();
        var symbols = order.ToDictionary(file => file, SymbolsOf);
        var definedIn = order.SelectMany(file => symbols[file].Defined.Select(symbol => (symbol, file))).ToDictionary(pair => pair.symbol, pair => pair.file);

        var uses =
            from user in order
            from symbol in symbols[user].Undefined
            where definedIn.ContainsKey(symbol)
            select (User: user, Symbol: symbol, Definer: definedIn[symbol]);
        var upwards = uses.Where(use => order.IndexOf(use.Definer) < order.IndexOf(use.User))
            .Select(use => $"{use.User} uses {use.Definer}: {use.Symbol}");

        Assert.Empty(upwards);
    }

    private static List<string> ReadingOrder() =>
        File.ReadLines(Path.Combine(Kernel, "README.md")).Select(line => RowPattern().Match(line)).Where(row => row.Success)
            .Select(row => row.Groups["file"].Value).ToList();

    // nm's lines: "symbol type address size", the type in capitals for what other files see, U for what it takes from them.
    private static (List<string> Defined, List<string> Undefined) SymbolsOf(string file)
    {
        var built = Path.Combine(RepositoryFolder.Root, "guest", "build", "obj", "kernel", $"{file}.o");
        using var nm = Process.Start(new ProcessStartInfo("nm", ["--format=posix", "--extern-only", built]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var symbols = nm.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToList();
        nm.WaitForExit();
        Assert.Equal(0, nm.ExitCode);
        return (
            symbols.Where(words => words[1] != "U").Select(words => words[0]).ToList(),
            symbols.Where(words => words[1] == "U").Select(words => words[0]).ToList());
    }

    [GeneratedRegex(@"^\| `(?<file>[^`]+)` \|", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex RowPattern();
}
