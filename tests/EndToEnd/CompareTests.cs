using System.Text.Json;
using System.Text.Json.Nodes;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary><c>compare</c>: whether a run was slower than another.</summary>
[Trait("Needs", "Speed")]
public sealed class CompareTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-compare-");

    private string First => Path.Combine(_folder.FullName, "a.json");

    private string Second => Path.Combine(_folder.FullName, "b.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [VmFact]
    public async Task Compare_RunWithItself_IsNoise()
    {
        await RunAsync();

        using var host = await HostProcess.RunAsync("compare", First, First);

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
        Assert.Matches("(?m)^ +Io, host +[0-9,]+ +[0-9,]+ .* 1\\.00 \\([0-9.]+–[0-9.]+\\) .* noise *$", host.Output);
        Assert.Contains("none differ by more than noise", host.Output, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Compare_HostThreeTimesSlower_SaysSoInTheTableThePageAndTheExitCode()
    {
        await RunAsync();
        var results = JsonNode.Parse(await File.ReadAllTextAsync(First))!;
        foreach (var bucket in results["exits"]!["Io"]!["hostMicros"]!["buckets"]!.AsArray())
        {
            bucket![0] = 3 * (double)bucket[0]!;
        }

        await File.WriteAllTextAsync(Second, results.ToJsonString());
        var page = Path.Combine(_folder.FullName, "page.html");

        using var host = await HostProcess.RunAsync("compare", First, Second, "--report", page);

        Assert.Equal((1, ""), (host.ExitCode, host.Error));
        Assert.Matches("(?m)^ +Io, host .* 3\\.00 \\([0-9.]+–[0-9.]+\\) .* slower *$", host.Output);
        Assert.Matches("(?m)^ +Io, guest .* noise *$", host.Output);
        Assert.Contains("class=\"over host\"", await File.ReadAllTextAsync(page), StringComparison.Ordinal);

        // Where two runs of the same differ as much, it is nothing; and so it is for who wants to know of more only.
        using var again = await HostProcess.RunAsync("compare", First, Second, "--again", Second);
        using var margin = await HostProcess.RunAsync("compare", First, Second, "--margin", "300");
        Assert.Equal((0, 0), (again.ExitCode, margin.ExitCode));
    }

    [Theory]
    [InlineData("{}", "these are no results of a run; --json writes them")]
    [InlineData("nothing", "no JSON: ")]
    [InlineData(null, "ENOENT")]
    public async Task Compare_BadFile_IsOneLine(string? text, string problem)
    {
        if (text is not null)
        {
            await File.WriteAllTextAsync(First, text);
        }

        using var host = await HostProcess.RunAsync("compare", First, First);

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.StartsWith($"kvmactors: {First}: {problem}", Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--margin", "much", "--margin much: not a number of percent")]
    [InlineData("--margin", "-1", "--margin -1: not a number of percent")]
    [InlineData("--frob", "x", "--frob")]
    public async Task Compare_BadOption_IsOneLine(string option, string value, string problem)
    {
        using var host = await HostProcess.RunAsync("compare", First, First, option, value);

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Contains(problem, Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    // Exits enough for an interval of the median.
    private async Task RunAsync()
    {
        using var run = await HostProcess.RunAsync("--scenario", "devices", "--quiet", "--json", First);
        Assert.Equal(0, run.ExitCode);
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(First));
        var io = document.RootElement.GetProperty("exits").GetProperty("Io");
        Assert.Equal(
            io.GetProperty("count").GetInt64(),
            io.GetProperty("hostMicros").GetProperty("buckets").EnumerateArray().Sum(bucket => bucket[1].GetInt64()));
    }
}
