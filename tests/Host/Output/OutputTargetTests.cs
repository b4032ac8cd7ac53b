using System.Diagnostics;
using KvmActors.Host.Output;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Host.Tests.Output;

public sealed class OutputTargetTests : IDisposable
{
    private const UnixFileMode Odd = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_FileThatIsThere_KeepsItsPermissions(bool isUnnamed)
    {
        File.SetUnixFileMode(_folder.AddFile("file", "old"), Odd);

        Write("file", isUnnamed);

        Assert.Equal(Odd, File.GetUnixFileMode(_folder["file"]));
        AssertOnly("file");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_FileThatIsNot_IsMadeAsAnyOther(bool isUnnamed)
    {
        _folder.AddFile("other", "");

        Write("file", isUnnamed);

        Assert.Equal(File.GetUnixFileMode(_folder["other"]), File.GetUnixFileMode(_folder["file"]));
        AssertOnly("file", "other");
    }

    [Theory]
    [InlineData("target")]
    [InlineData("folder/target")]
    [InlineData("folder/deep/../target")]
    public void Write_SymbolicLink_StaysOne(string target)
    {
        _folder.AddFile("folder/deep/x", "");
        _folder.AddLink("link", target);

        // First nothing is there, then a file.
        for (var time = 0; time < 2; time++)
        {
            Write("link", isUnnamed: true);

            Assert.Equal(target, new FileInfo(_folder["link"]).LinkTarget);
            Assert.Equal("new", File.ReadAllText(_folder[target]));
        }
    }

    [Fact]
    public void Write_LinkBesideAFolderThatIsALink_IsFollowedAsTheKernelDoes()
    {
        // Names alone say real/../x is here; the folder is elsewhere.
        _folder.AddFolder("a/b");
        _folder.AddLink("d", "a/b");
        _folder.AddLink("a/b/link", "../x");

        Write("d/link", isUnnamed: true);

        Assert.Equal("new", File.ReadAllText(_folder["a/x"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Discard_BeforeItIsWritten_LeavesNothing(bool isUnnamed)
    {
        Assert.Equal(Errno.None, OutputTarget.Open(_folder["file"], isUnnamed, out var target));
        Assert.Equal(isUnnamed, Directory.GetFileSystemEntries(_folder.Root).Length == 0);

        target!.Discard();

        AssertOnly();
        target.Dispose();
    }

    [Fact]
    public void Open_PipeThatNobodyReads_DoesNotWait()
    {
        using (var made = Process.Start("mkfifo", [_folder["pipe"]]))
        {
            made.WaitForExit();
        }

        Assert.Equal(Errno.ENXIO, OutputTarget.Open(_folder["pipe"], isUnnamed: true, out _));
    }

    [Theory]
    [InlineData("file", "file")]
    [InlineData("file", "./file")]
    [InlineData("file", "folder/../file")]
    [InlineData("file", "link")]
    [InlineData("file", "hard")]
    [InlineData("file", "folder/back/file")]
    [InlineData("new", "folder/../new")]
    [InlineData("new", "folder/back/new")]
    [InlineData("new", "dangling")]
    public void Identity_SameFile_IsTheSame(string one, string other)
    {
        _folder.AddFile("file", "");
        _folder.AddFolder("folder");
        _folder.AddLink("link", "file");
        _folder.AddLink("folder/back", "..");
        _folder.AddLink("dangling", "new");
        using (var linked = Process.Start("ln", [_folder["file"], _folder["hard"]]))
        {
            linked.WaitForExit();
        }

        Assert.NotNull(IdentityOf(one));
        Assert.Equal(IdentityOf(one), IdentityOf(other));
        Assert.NotEqual(IdentityOf(one), IdentityOf("another"));
    }

    [Fact]
    public void Identity_Device_IsNone()
    {
        Assert.Equal(Errno.None, OutputTarget.Open("/dev/null", isUnnamed: true, out var target));
        Assert.Null(target!.Identity);
        target.Dispose();
    }

    private string? IdentityOf(string relative)
    {
        Assert.Equal(Errno.None, OutputTarget.Open($"{_folder.Root}/{relative}", isUnnamed: true, out var target));
        using (target)
        {
            return target!.Identity;
        }
    }

    private void Write(string relative, bool isUnnamed)
    {
        Assert.Equal(Errno.None, OutputTarget.Open(_folder[relative], isUnnamed, out var target));
        using (target)
        {
            target!.Write(stream => stream.Write("new"u8));
        }

        Assert.Equal("new", File.ReadAllText(_folder[relative]));
    }

    private void AssertOnly(params string[] names) =>
        Assert.Equal(names, Directory.GetFileSystemEntries(_folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
