using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed class HostNodeEntriesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HostNode _directory;

    public HostNodeEntriesTests()
    {
        _folder.AddFile("file", "content");
        _folder.AddFile("sub/other", "other");
        _directory = Find("");
    }

    public static TheoryData<string> WrongNames => ["\0", ".\0", "..\0", "a/b\0", "/\0", "../x\0", "no-nul", "two\0nuls\0", "./\0"];

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(WrongNames))]
    public void Operations_NameThatIsNoEntrys_Throw(string name)
    {
        var bytes = Encoding.ASCII.GetBytes(name);

        Assert.Throws<ArgumentException>(() => _directory.MakeDirectory(bytes, 0x1ED));
        Assert.Throws<ArgumentException>(() => _directory.Remove(bytes, directory: false));
        Assert.Throws<ArgumentException>(() => _directory.MakeSymbolicLink("x\0"u8, bytes));
        Assert.Throws<ArgumentException>(() => _directory.MakeLink(_directory, bytes));
        Assert.Throws<ArgumentException>(() => _directory.Rename(bytes, _directory, "x\0"u8, 0));
        Assert.Throws<ArgumentException>(() => _directory.Rename("file\0"u8, _directory, bytes, 0));
    }

    [Fact]
    public void MakeDirectory_Name_IsMadeOnce()
    {
        Assert.Equal(0, _directory.MakeDirectory("new/\0"u8, 0x1C0));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["new"]));
        Assert.Equal(Errno.EEXIST.ToResult(), _directory.MakeDirectory("new\0"u8, 0x1C0));
    }

    [Fact]
    public void Remove_FilesAndDirectories_AreTheirOwnKind()
    {
        Assert.Equal(Errno.ENOTDIR.ToResult(), _directory.Remove("file\0"u8, directory: true));
        Assert.Equal(Errno.EISDIR.ToResult(), _directory.Remove("sub\0"u8, directory: false));
        Assert.Equal(Errno.ENOTEMPTY.ToResult(), _directory.Remove("sub\0"u8, directory: true));
        Assert.Equal(Errno.ENOENT.ToResult(), _directory.Remove("missing\0"u8, directory: false));
        Assert.Equal(0, _directory.Remove("file\0"u8, directory: false));
        Assert.False(File.Exists(_folder["file"]));
    }

    [Fact]
    public void MakeSymbolicLink_AnyTarget_IsText()
    {
        Assert.Equal(0, _directory.MakeSymbolicLink("/no/such/../place\0"u8, "link\0"u8));

        Assert.Equal("/no/such/../place", new FileInfo(_folder["link"]).LinkTarget);
        Assert.Throws<ArgumentException>(() => _directory.MakeSymbolicLink("no nul"u8, "x\0"u8));
    }

    [Fact]
    public void MakeLink_File_HasTwoNamesAndLinksAreNotFollowed()
    {
        using var sub = Find("sub");
        using var file = Find("file");
        _folder.AddLink("link", "/etc/passwd");

        Assert.Equal(Errno.None, _directory.TryStep("link\0"u8, out var link));
        Assert.Equal(0, sub.MakeLink(file, "second\0"u8));
        Assert.Equal(0, sub.MakeLink(link!, "third\0"u8));
        Assert.Equal(Errno.EPERM.ToResult(), _directory.MakeLink(sub, "fourth\0"u8));
        link!.Dispose();

        Assert.Equal(("content", "/etc/passwd"), (File.ReadAllText(_folder["sub/second"]), new FileInfo(_folder["sub/third"]).LinkTarget));
    }

    [Fact]
    public void Rename_ToAnotherDirectory_Moves()
    {
        const uint NoReplace = 1;
        using var sub = Find("sub");

        Assert.Equal(Errno.EEXIST.ToResult(), _directory.Rename("file\0"u8, sub, "other\0"u8, NoReplace));
        Assert.Equal(0, _directory.Rename("file\0"u8, sub, "other\0"u8, 0));

        Assert.Equal((false, "content"), (File.Exists(_folder["file"]), File.ReadAllText(_folder["sub/other"])));
    }

    private HostNode Find(string path)
    {
        Assert.Equal(Errno.None, HostNode.TryFind(_folder[path], out var node));
        return node!;
    }
}
