using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed partial class HostRootTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HostRoot _root;

    public HostRootTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("root/file", "inside");
        _folder.AddFile("root/sub/deep", "deep");
        _root = Open(_folder["root"]);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("file", "inside")]
    [InlineData("sub/deep", "deep")]
    [InlineData("./sub/../file", "inside")]
    public void TryOpenRead_PathBelow_OpensIt(string path, string content)
    {
        using var reader = new FileReader(_root, path);

        Assert.Equal(content, reader.ReadAll());
    }

    [Theory]
    [InlineData("missing", Errno.ENOENT)]
    [InlineData("missing/file", Errno.ENOENT)]
    [InlineData("file/below", Errno.ENOTDIR)]
    [InlineData("file/", Errno.ENOTDIR)]
    public void TryOpenRead_NothingThere_SaysWhy(string path, Errno expected) => AssertRefused(path, expected);

    [Theory]
    [InlineData("..")]
    [InlineData("../secret")]
    [InlineData("sub/../../secret")]
    [InlineData("../root/file")]
    [InlineData("/etc/passwd")]
    public void TryOpenRead_PathOutOfTheRoot_IsEacces(string path) => AssertRefused(path, Errno.EACCES);

    [Fact]
    public void TryOpenRead_AbsoluteLink_IsEacces()
    {
        _folder.AddLink("root/link", _folder["secret"]);
        _folder.AddLink("root/etc", "/etc");

        AssertRefused("link", Errno.EACCES);
        AssertRefused("etc/passwd", Errno.EACCES);
    }

    // Even one that ends inside: the kernel cannot know that before it has left.
    [Fact]
    public void TryOpenRead_AbsoluteLinkBackInside_IsEacces()
    {
        _folder.AddLink("root/link", _folder["root/file"]);

        AssertRefused("link", Errno.EACCES);
    }

    [Fact]
    public void TryOpenRead_RelativeLinkOut_IsEacces()
    {
        _folder.AddLink("root/link", "../secret");
        _folder.AddLink("root/sub/parent", "../..");

        AssertRefused("link", Errno.EACCES);
        AssertRefused("sub/parent/secret", Errno.EACCES);
    }

    [Fact]
    public void TryOpenRead_LinkInside_IsFollowed()
    {
        _folder.AddLink("root/link", "sub/deep");
        _folder.AddLink("root/sub/up", "../file");

        using var link = new FileReader(_root, "link");
        using var up = new FileReader(_root, "sub/up");

        Assert.Equal(("deep", "inside"), (link.ReadAll(), up.ReadAll()));
    }

    [Fact]
    public void TryOpenRead_LinkToItself_IsEloop()
    {
        _folder.AddLink("root/loop", "loop");

        AssertRefused("loop", Errno.ELOOP);
    }

    // openat2(2) answers EAGAIN when anything on the machine is renamed while it resolves "..".
    [Fact]
    public void TryOpenRead_ParentInThePathWhileFilesAreRenamed_StillAnswers()
    {
        _folder.AddLink("root/sub/up", "../file");
        var (from, to) = (_folder.AddFile("a", ""), _folder["b"]);
        using var done = new CancellationTokenSource();
        var renaming = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                File.Move(from, to);
                (from, to) = (to, from);
            }
        });
        renaming.Start();

        var answers = new HashSet<Errno>();
        for (var index = 0; index < 20_000; index++)
        {
            answers.Add(_root.TryOpenRead("sub/up\0"u8, out var file));
            file?.Dispose();
        }

        done.Cancel();
        renaming.Join();
        Assert.Equal([Errno.None], answers);
    }

    // Links of /proc lead to open files, wherever those are.
    [Theory]
    [InlineData("fd/0")]
    [InlineData("exe")]
    [InlineData("root/etc/passwd")]
    [InlineData("cwd")]
    public void TryOpenRead_MagicLink_IsRefused(string path)
    {
        using var proc = Open($"/proc/{Environment.ProcessId}");

        Assert.Contains(proc.TryOpenRead(Encoding.UTF8.GetBytes(path + "\0"), out var file), new[] { Errno.ELOOP, Errno.EACCES });
        Assert.Null(file);
    }

    [Fact]
    public void TryOpenRead_Fifo_DoesNotBlock()
    {
        Assert.Equal(0, MakeFifo(_folder["root/fifo"], 0x180));

        using var reader = new FileReader(_root, "fifo");

        Assert.Equal(0, reader.Read(16));
    }

    [Fact]
    public void TryOpenRead_OnlyTheNul_OpensTheRootItself()
    {
        using var root = Open(_folder["root/file"]);
        using var reader = new FileReader(root, "");

        Assert.Equal("inside", reader.ReadAll());
    }

    [Fact]
    public void TryOpenRead_BelowAFile_IsEnotdir()
    {
        using var root = Open(_folder["root/file"]);

        Assert.Equal(Errno.ENOTDIR, root.TryOpenRead("x\0"u8, out _));
        Assert.Equal(Errno.ENOTDIR, root.TryOpenRead("./\0"u8, out _));
    }

    [Fact]
    public void TryOpenRead_PathWithoutNul_IsAMistakeOfTheCaller()
    {
        Assert.Throws<ArgumentException>(() => _root.TryOpenRead("file"u8, out _));
        Assert.Throws<ArgumentException>(() => _root.TryOpenRead([], out _));
    }

    [Fact]
    public void TryOpenRead_NameTooLong_IsEnametoolong() => AssertRefused(new string('x', 300), Errno.ENAMETOOLONG);

    [Fact]
    public void TryOpen_MissingPath_IsEnoent()
    {
        Assert.Equal(Errno.ENOENT, HostRoot.TryOpen(_folder["nowhere"], out var root));
        Assert.Null(root);
    }

    // The user wrote this path, so its links are meant.
    [Fact]
    public void TryOpen_LinkToAFolder_IsFollowed()
    {
        _folder.AddLink("alias", _folder["root"]);
        using var root = Open(_folder["alias"]);
        using var reader = new FileReader(root, "file");

        Assert.Equal("inside", reader.ReadAll());
    }

    private static HostRoot Open(string path)
    {
        Assert.Equal(Errno.None, HostRoot.TryOpen(path, out var root));
        return root!;
    }

    private void AssertRefused(string path, Errno expected)
    {
        Assert.Equal(expected, _root.TryOpenRead(Encoding.UTF8.GetBytes(path + "\0"), out var file));
        Assert.Null(file);
    }

    [System.Runtime.InteropServices.LibraryImport(
        "libc", EntryPoint = "mkfifo", StringMarshalling = System.Runtime.InteropServices.StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
