using KvmActors.Host.Configuration;
using KvmActors.Host.Output;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Host.Tests.Output;

public sealed class RunOutputsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TryWrite_AllAskedFor_WritesEachInItsFormat()
    {
        using (var outputs = RunOutputs.Open(_folder["a.json"], _folder["a.html"], _folder["a.trace"]))
        {
            Assert.True(outputs.TryWrite(SampleResults.Scenario(good: 1, oneCrashed: false)));
        }

        Assert.Contains("\"scenario\": \"sample\"", File.ReadAllText(_folder["a.json"]), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_folder["a.html"]), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"traceEvents\"", File.ReadAllText(_folder["a.trace"]), StringComparison.Ordinal);
    }

    [Fact]
    public void TryWrite_NothingAskedFor_IsFine()
    {
        using var outputs = RunOutputs.Open(null, null, null);

        Assert.True(outputs.TryWrite(SampleResults.Scenario(good: 1, oneCrashed: false)));
    }

    [Fact]
    public void TryWrite_OneFails_StillWritesTheOthers()
    {
        using (var outputs = RunOutputs.Open("/dev/full", _folder["a.html"], null))
        {
            Assert.False(outputs.TryWrite(SampleResults.Scenario(good: 1, oneCrashed: false)));
        }

        Assert.NotEqual(0, new FileInfo(_folder["a.html"]).Length);
    }

    [Fact]
    public void RunOutputs_OneCannotBeOpened_LetsGoOfTheOthers()
    {
        var error = Assert.Throws<ConfigurationException>(() => RunOutputs.Open(_folder["a.json"], _folder["no/such/a.html"], null));

        Assert.StartsWith($"--report {_folder["no/such/a.html"]}: ", Assert.Single(error.Problems), StringComparison.Ordinal);

        // A file that is still open for writing could not be opened again.
        using var again = RunOutputs.Open(_folder["a.json"], null, null);
    }
}
