using System.Text;
using KvmActors.Host.Configuration;
using KvmActors.Host.GuestOutput;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Tests.GuestOutput;

public sealed class FileOutputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_Instances_HaveFilesOfTheirOwn()
    {
        _folder.AddFile("out/a-0.log", "of an earlier run, and longer");
        using (var output = FileOutput.Open(_folder["out"]))
        {
            Write(output, "a-0", "one\n");
            Write(output, "a-1", "other\n");
            Write(output, "a-0", "two\n", GuestStream.Error);
            output.Finish();
            Assert.Null(output.Problem);
        }

        Assert.Equal(("one\ntwo\n", "other\n"), (File.ReadAllText(_folder["out/a-0.log"]), File.ReadAllText(_folder["out/a-1.log"])));
    }

    [Fact]
    public void Open_FolderThatIsNotThere_IsMade()
    {
        FileOutput.Open(_folder["new"]).Dispose();

        Assert.True(Directory.Exists(_folder["new"]));
    }

    [Theory]
    [InlineData("no/such/folder")]
    [InlineData("file")]
    public void Open_NoFolder_IsRefused(string name)
    {
        _folder.AddFile("file", "");

        var problem = Assert.Single(Assert.Throws<ConfigurationException>(() => FileOutput.Open(_folder[name])).Problems);

        Assert.StartsWith($"--output files={_folder[name]}: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_LinkInTheFilesPlace_IsNotFollowed()
    {
        var secret = _folder.AddFile("secret", "untouched");
        _folder.AddFolder("out");
        File.CreateSymbolicLink(_folder["out/a-0.log"], secret);

        using var output = FileOutput.Open(_folder["out"]);
        Write(output, "a-0", "gone");
        Write(output, "a-1", "kept");
        output.Finish();

        Assert.Equal("untouched", File.ReadAllText(secret));
        Assert.Equal("kept", File.ReadAllText(_folder["out/a-1.log"]));
        Assert.StartsWith($"--output files={_folder["out"]}: a-0.log: ", output.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("/tmp/secret")]
    public void Write_NameWithAPath_StaysInTheFolder(string vm)
    {
        _folder.AddFolder("out");

        using var output = FileOutput.Open(_folder["out"]);
        Write(output, vm, "x");
        output.Finish();

        Assert.Contains(Errno.EINVAL.Describe(), output.Problem, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["out"]));
    }

    [Fact]
    public void Write_MoreThanIsHeld_WaitsAndIsAllThere()
    {
        var block = new string('x', 1 << 20);
        using var output = FileOutput.Open(_folder["out"]);

        for (var count = 0; count < 16; count++)
        {
            Write(output, "a-0", block);
        }

        output.Finish();
        Assert.Equal(16 << 20, new FileInfo(_folder["out/a-0.log"]).Length);
    }

    private static void Write(FileOutput output, string vm, string text, GuestStream stream = GuestStream.Output) =>
        Assert.Equal(Errno.None, output.Write(vm, stream, Encoding.UTF8.GetBytes(text), null));
}
