using KvmActors.Host.Configuration;
using KvmActors.Host.Output;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Output;

public sealed class RunOutputsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_AllAskedFor_WritesEachInItsFormat()
    {
        using (var outputs = RunOutputs.Open(_folder["a.json"], _folder["a.html"], _folder["a.trace"]))
        {
            Assert.Empty(outputs.Write(SampleResults.Scenario(good: 1, oneCrashed: false), SampleResults.Facts));
        }

        Assert.Contains("\"scenario\": \"sample\"", File.ReadAllText(_folder["a.json"]), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_folder["a.html"]), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"traceEvents\"", File.ReadAllText(_folder["a.trace"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NothingAskedFor_IsFine()
    {
        using var outputs = RunOutputs.Open(null, null, null);

        Assert.Empty(outputs.Write(SampleResults.Scenario(good: 1, oneCrashed: false), SampleResults.Facts));
    }

    [Fact]
    public void Write_OneFails_StillWritesTheOthers()
    {
        using (var outputs = RunOutputs.Open("/dev/full", _folder["a.html"], null))
        {
            Assert.StartsWith("--json /dev/full: ", Assert.Single(outputs.Write(SampleResults.Scenario(good: 1, oneCrashed: false), SampleResults.Facts)), StringComparison.Ordinal);
        }

        Assert.NotEqual(0, new FileInfo(_folder["a.html"]).Length);
    }

    [Fact]
    public void Open_OneCannotBeWritten_LeavesNothingOfTheOthers()
    {
        var error = Assert.Throws<ConfigurationException>(() => RunOutputs.Open(_folder["a.json"], _folder["no/such/a.html"], null));

        Assert.StartsWith($"--report {_folder["no/such/a.html"]}: ", Assert.Single(error.Problems), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData("x", "x", null, "--json and --report")]
    [InlineData("x", null, "./x", "--json and --timeline")]
    [InlineData("y", "x", "./x", "--report and --timeline")]
    public void Open_TwoOfTheSame_AreRefused(string? json, string? report, string? timeline, string options)
    {
        var error = Assert.Throws<ConfigurationException>(() => RunOutputs.Open(PathOf(json), PathOf(report), PathOf(timeline)));

        Assert.Equal([$"{options} lead to the same file; give each a file of its own"], error.Problems);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData("x", null, "--json and --trace-instructions")]
    [InlineData(null, "x", "--timeline and --trace-instructions")]
    public void Open_TraceOfInstructionsInAnothersPlace_IsRefused(string? json, string? timeline, string options)
    {
        var error = Assert.Throws<ConfigurationException>(() => RunOutputs.Open(PathOf(json), null, PathOf(timeline), PathOf("./x")));

        Assert.Equal([$"{options} lead to the same file; give each a file of its own"], error.Problems);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Open_SameDevice_IsFine() => RunOutputs.Open("/dev/null", "/dev/null", "/dev/null").Dispose();

    private string? PathOf(string? name) => name is null ? null : $"{_folder.Root}/{name}";
}
