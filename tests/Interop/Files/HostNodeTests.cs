using System.Runtime.InteropServices;
using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed partial class HostNodeTests : IDisposable
{
    private const int ReadWrite = 2, PathOnly = 0x20_0000;

    private readonly TempFolder _folder = new();
    private readonly HostNode _root;

    public HostNodeTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("root/file", "inside");
        _folder.AddFile("root/sub/deep", "deep");
        _root = Find(_folder["root"]);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void TryFind_MissingPath_IsEnoent()
    {
        Assert.Equal(Errno.ENOENT, HostNode.TryFind(_folder["nowhere"], out var node));
        Assert.Null(node);
    }

    // The user wrote this path, so its links are meant.
    [Fact]
    public void TryFind_LinkToAFolder_IsFollowed()
    {
        _folder.AddLink("alias", _folder["root"]);
        using var alias = Find(_folder["alias"]);

        Assert.Equal((true, _root.Identity), (alias.IsDirectory, alias.Identity));
    }

    [Fact]
    public void TryStep_Names_LeadToWhatTheDirectoryHolds()
    {
        using var file = Step(_root, "file");
        using var folder = Step(_root, "sub");

        Assert.Equal((false, true), (file.IsDirectory, folder.IsDirectory));
        Assert.Equal(Errno.ENOENT, _root.TryStep("missing\0"u8, out _));
        Assert.Equal(Errno.ENOTDIR, file.TryStep("x\0"u8, out _));
        Assert.Equal(Errno.ENAMETOOLONG, _root.TryStep(Encoding.ASCII.GetBytes(new string('x', 300) + "\0"), out _));
    }

    [Theory]
    [InlineData("..\0")]
    [InlineData(".\0")]
    [InlineData("\0")]
    [InlineData("sub/deep\0")]
    [InlineData("sub/\0")]
    [InlineData("/etc\0")]
    [InlineData("file")]
    [InlineData("fi\0le\0")]
    public void TryStep_WhatIsNoSingleName_IsAMistakeOfTheCaller(string name)
    {
        Assert.Throws<ArgumentException>(() => _root.TryStep(Encoding.ASCII.GetBytes(name), out _));
        Assert.Throws<ArgumentException>(() => _root.TryCreate(Encoding.ASCII.GetBytes(name), ReadWrite, 0x180, out _));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../secret")]
    [InlineData("file")]
    [InlineData("loop")]
    public void TryStep_Link_IsTheLinkItself(string target)
    {
        _folder.AddLink("root/loop", target);
        using var link = Step(_root, "loop");
        var text = new byte[64];

        Assert.Equal((true, target), (link.IsLink, Encoding.ASCII.GetString(text, 0, (int)link.ReadLink(text))));
        Assert.Equal(Errno.ELOOP, link.TryOpen(0, 0, out _));
    }

    [Theory]
    [InlineData("sub/deep", Errno.None)]
    [InlineData("file", Errno.None)]
    [InlineData("sub/missing", Errno.ENOENT)]
    [InlineData("file/x", Errno.ENOTDIR)]
    [InlineData("alias/deep", Errno.ELOOP)]
    [InlineData("../secret", Errno.EXDEV)]
    [InlineData("/etc/passwd", Errno.EXDEV)]
    public void TryGo_ManyNames_LeadsThroughNoLinkAndNotAbove(string path, Errno expected)
    {
        _folder.AddLink("root/alias", "sub");

        Assert.Equal(expected, _root.TryGo(Encoding.ASCII.GetBytes(path + "\0"), out var node));
        Assert.Equal(expected == Errno.None, node is not null);
        node?.Dispose();
    }

    [Fact]
    public void TryGo_AnotherMount_IsExdev()
    {
        using var root = Find("/");

        Assert.Equal(Errno.EXDEV, root.TryGo("proc/self\0"u8, out _));
    }

    // A link of /proc leads to an open file, wherever that is; for a step it is a link like any other.
    [Fact]
    public void TryStep_MagicLink_IsTheLinkItself()
    {
        using var proc = Find($"/proc/{Environment.ProcessId}");
        using var exe = Step(proc, "exe");

        Assert.True(exe.IsLink);
    }

    [Fact]
    public void TryOpen_HeldWhileItsNameIsReplaced_OpensWhatIsHeld()
    {
        using var node = Step(_root, "file");
        File.Delete(_folder["root/file"]);
        _folder.AddLink("root/file", _folder["secret"]);

        using var reader = new FileReader(node);
        Assert.Equal("inside", reader.ReadAll());
    }

    // The root of a mapping too: it is never opened by its path again.
    [Fact]
    public void TryOpen_PathOfTheUsersReplaced_OpensWhatIsHeld()
    {
        using var node = Find(_folder["root/file"]);
        File.Delete(_folder["root/file"]);
        _folder.AddLink("root/file", _folder["secret"]);

        using var reader = new FileReader(node);
        Assert.Equal("inside", reader.ReadAll());
    }

    [Fact]
    public void TryOpen_PathOnly_HoldsALinkToo()
    {
        _folder.AddLink("root/link", _folder["secret"]);
        using var link = Step(_root, "link");

        Assert.Equal(Errno.None, link.TryOpen(PathOnly, 0, out var held));
        using (held)
        {
            held!.GetStatus(out var status);
            Assert.Equal((link.Identity.Inode, 0xA000u), (status.st_ino, status.st_mode & 0xF000));
        }
    }

    [Fact]
    public void TryOpen_Fifo_DoesNotBlock()
    {
        Assert.Equal(0, MakeFifo(_folder["root/fifo"], 0x180));
        using var fifo = Step(_root, "fifo");

        using var reader = new FileReader(fifo);
        Assert.Equal(0, reader.Read(16));
    }

    [Fact]
    public void TryCreate_NewName_MakesItAndWhatIsThereIsEexist()
    {
        _folder.AddLink("root/dangling", _folder["outside"]);

        Assert.Equal(Errno.None, _root.TryCreate("new\0"u8, ReadWrite, 0x180, out var file));
        file!.Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["root/new"]));
        Assert.Equal(Errno.EEXIST, _root.TryCreate("file\0"u8, ReadWrite, 0x180, out _));
        Assert.Equal(Errno.EEXIST, _root.TryCreate("dangling\0"u8, ReadWrite, 0x180, out _));
        Assert.False(Path.Exists(_folder["outside"]));
    }

    [Fact]
    public void TryStepUp_FromAFolder_IsWhatHoldsIt()
    {
        using var folder = Find(_folder.Root);

        Assert.Equal(Errno.None, _root.TryStepUp(out var up));
        Assert.Equal(folder.Identity, up!.Identity);
        up.Dispose();
    }

    [Fact]
    public void TryGetPath_FileAndFolder_IsTheirOwn()
    {
        _folder.AddLink("alias", _folder["root/file"]);
        using var file = Find(_folder["alias"]);

        Assert.Equal((true, _folder["root/file"]), (file.TryGetPath(out var path), path));
    }

    private static HostNode Find(string path)
    {
        Assert.Equal(Errno.None, HostNode.TryFind(path, out var node));
        return node!;
    }

    private static HostNode Step(HostNode from, string name)
    {
        Assert.Equal(Errno.None, from.TryStep(Encoding.ASCII.GetBytes(name + "\0"), out var node));
        return node!;
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
