using KvmActors.Host.Configuration;
using KvmActors.Host.Output;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Output;

public sealed class OutputFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NotGiven_IsNothing() => Assert.Null(OutputFile.Open("--json", null));

    [Theory]
    [InlineData("/nowhere/at/all")]
    [InlineData("/")]
    [InlineData("")]
    public void Open_CannotBeWritten_SaysWhichOption(string path)
    {
        var error = Assert.Throws<ConfigurationException>(() => OutputFile.Open("--report", path));

        Assert.StartsWith($"--report {path}", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NotWritten_LeavesWhatWasThere()
    {
        _folder.AddFile("old", "old");

        OutputFile.Open("--json", _folder["old"])!.Dispose();
        OutputFile.Open("--json", _folder["new"])!.Dispose();

        Assert.Equal([_folder["old"]], Directory.GetFileSystemEntries(_folder.Root));
        Assert.Equal("old", File.ReadAllText(_folder["old"]));
    }

    [Fact]
    public void Write_All_TakesTheOldOnesPlace()
    {
        _folder.AddFile("file", "old and longer");
        using var before = File.OpenRead(_folder["file"]);

        using var file = OutputFile.Open("--json", _folder["file"]);
        Assert.Null(file!.Write(stream => stream.Write("new"u8)));

        Assert.Equal("new", File.ReadAllText(_folder["file"]));
        Assert.Equal("old and longer", new StreamReader(before).ReadToEnd());
    }

    [Fact]
    public void Write_Fails_SaysSoAndLeavesWhatWasThere()
    {
        _folder.AddFile("file", "old");

        using (var file = OutputFile.Open("--report", _folder["file"]))
        {
            var problem = file!.Write(stream =>
            {
                stream.Write(new byte[1_000_000]);
                throw new IOException("no more");
            });
            Assert.Equal($"--report {_folder["file"]}: no more; the file could not be written", problem);
        }

        Assert.Equal("old", File.ReadAllText(_folder["file"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Write_DiskFull_SaysSo()
    {
        using var file = OutputFile.Open("--report", "/dev/full");

        Assert.StartsWith("--report /dev/full: ", file!.Write(stream => stream.Write(new byte[1_000_000])), StringComparison.Ordinal);
    }
}
