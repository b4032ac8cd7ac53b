using System.Text;
using System.Text.RegularExpressions;
using KvmActors.Interop.Kvm;
using KvmActors.Tests;
using Capture = KvmActors.EndToEnd.Tests.Exec.Capture;

namespace KvmActors.EndToEnd.Tests;

/// <summary>docs/tutorial.md, as somebody types it: files are kept, commands run, and what comes back is what the page shows.</summary>
[Trait("Needs", "Repository")]
public sealed partial class TutorialTests : IDisposable
{
    private const string Separator = "==== ";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("tutorial-");

    public void Dispose() => _home.Delete(recursive: true);

    [VmFact]
    public async Task Tutorial_TypedAsWritten_ShowsWhatThePageShows()
    {
        var blocks = Blocks(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "docs", "tutorial.md")));
        var script = string.Concat(blocks.Where(block => block.Kind != "text").Select(ToScript));

        var typed = await Capture.OnHostAsync(
            "bash", ["-c", "exec 2>&1\nset -o pipefail\n" + script], input: [],
            new Dictionary<string, string>
            {
                ["HOME"] = _home.FullName,
                ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,

                // In software as where there is no KVM: the page's commands are what they are.
                ["Kvm__Device"] = TestBackend.IsSoftware ? "/nonexistent" : KvmDevice.DefaultPath,
            });

        var shown = Encoding.UTF8.GetString(typed.Output).Split(Separator);
        Assert.True(typed.ExitCode == 0, shown[^1]);
        foreach (var (index, block) in blocks.Index().Where(block => block.Item.Kind == "text"))
        {
            var lines = shown.Single(part => part.StartsWith($"{index - 1}\n", StringComparison.Ordinal)).Split('\n').Select(Shape).ToHashSet();
            Assert.All(block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains(Shape(line), lines));
        }
    }

    private static string ToScript(Block block) => block.Kind switch
    {
        // The program is built already, and is another build's.
        "bash" => ReplaceOnce(
            ReplaceOnce(block.Text, "dotnet build -c Release -v q src/Host\n", ""),
            "$PWD/src/Host/bin/Release/net10.0/kvmactors.dll", Path.Combine(AppContext.BaseDirectory, "kvmactors.dll")),
        "sh" => $"echo '{Separator}{block.Index}'\nset -e\n{block.Text}\nset +e\n",
        _ => $"cat > '{block.File}' <<'END_OF_FILE'\n{block.Text}END_OF_FILE\n",
    };

    private static string ReplaceOnce(string text, string from, string to)
    {
        Assert.Equal(2, text.Split(from).Length);
        return text.Replace(from, to, StringComparison.Ordinal);
    }

    // Times and widths differ from run to run, and the last line says where it was in software; other words, counts of exits and what guests print do not.
    private static string Shape(string line) => Spaces().Replace(Times().Replace(line.Replace(", in software", "", StringComparison.Ordinal), "T"), " ").Trim();

    private static List<Block> Blocks(string page)
    {
        const string Fence = "```";
        var blocks = new List<Block>();
        StringBuilder? text = null;
        string[] info = [];
        foreach (var line in page.Split('\n'))
        {
            if (!line.StartsWith(Fence, StringComparison.Ordinal))
            {
                text?.Append(line).Append('\n');
            }
            else if (text is null)
            {
                (text, info) = (new StringBuilder(), line[Fence.Length..].Split(' '));
            }
            else
            {
                blocks.Add(new Block(blocks.Count, info[0], info.ElementAtOrDefault(1) ?? "", text.ToString()));
                text = null;
            }
        }

        return blocks;
    }

    [GeneratedRegex(@"\d[\d.,]* (?:ns|µs|ms|s)\b", RegexOptions.None, 1000)]
    private static partial Regex Times();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Spaces();

    private sealed record Block(int Index, string Kind, string File, string Text);
}
