using System.Diagnostics;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed class PlainFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public PlainFileTests()
    {
        using var made = Process.Start("mkfifo", [_folder["pipe"]]);
        made.WaitForExit();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void GetStatus_EachKind_IsToldApart()
    {
        _folder.AddFile("file", "abc");
        _folder.AddLink("link", "file");

        Assert.Equal("regular 3", KindOf(_folder["file"]));
        Assert.Equal("regular 3", KindOf(_folder["link"]));
        Assert.Equal("folder", KindOf(_folder.Root));
        Assert.Equal("pipe", KindOf(_folder["pipe"]));
        Assert.Equal("null", KindOf("/dev/null"));
        Assert.Equal("device", KindOf("/dev/zero"));
        Assert.Equal("ENOENT", KindOf(_folder["none"]));
        Assert.Equal(Errno.EBADF, PlainFile.GetStatus(-1, out _));
    }

    [Fact]
    public void OpenToRead_PipeWithoutAWriter_DoesNotWait()
    {
        Assert.Equal(Errno.None, PlainFile.OpenToRead(_folder["pipe"], out var status, out var file));
        Assert.True(PlainFile.IsPipe(status));
        file!.Dispose();
    }

    [Fact]
    public void OpenToWrite_PipeWithoutAReader_IsRefused()
    {
        Assert.Equal(Errno.ENXIO, PlainFile.OpenToWrite(_folder["pipe"], truncate: false, out var file));
        Assert.Null(file);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "old")]
    public void OpenToWrite_File_TruncatesItIfToldTo(bool truncate, string left)
    {
        _folder.AddFile("file", "old");

        Assert.Equal(Errno.None, PlainFile.OpenToWrite(_folder["file"], truncate, out var file));
        file!.Dispose();

        Assert.Equal(left, File.ReadAllText(_folder["file"]));
        Assert.Equal(Errno.ENOENT, PlainFile.OpenToWrite(_folder["none"], truncate, out _));
    }

    [Fact]
    public void RealFolder_LinksAndDetours_AreTakenOut()
    {
        _folder.AddFolder("a/b");
        _folder.AddLink("l", "a/b");

        Assert.Equal(_folder["a"], PlainFile.RealFolder(_folder["l/.."]));
        Assert.Null(PlainFile.RealFolder(_folder["none"]));
        Assert.Null(PlainFile.RealFolder(_folder["pipe"]));
    }

    private static string KindOf(string path)
    {
        var errno = PlainFile.GetStatus(path, out var status);
        return errno != Errno.None ? errno.ToString()
            : PlainFile.IsRegular(status) ? $"regular {status.st_size}"
            : PlainFile.IsFolder(status) ? "folder"
            : PlainFile.IsPipe(status) ? "pipe"
            : PlainFile.IsNull(status) ? "null"
            : PlainFile.IsCharacterDevice(status) ? "device"
            : "other";
    }
}
