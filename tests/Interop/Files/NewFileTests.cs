using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

[Collection(SerialCollection.Name)]
public sealed class NewFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void MoveTo_Name_IsAllThatIsLeft(bool isUnnamed, bool isThere)
    {
        if (isThere)
        {
            _folder.AddFile("file", "old");
        }

        using (var file = Create(isUnnamed))
        {
            RandomAccess.Write(file.Handle, "new"u8, 0);
            Assert.Equal(Errno.None, file.MoveTo(_folder["file"]));
        }

        Assert.Equal([_folder["file"]], Directory.GetFileSystemEntries(_folder.Root));
        Assert.Equal("new", File.ReadAllText(_folder["file"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MoveTo_Folder_FailsAndLeavesNothing(bool isUnnamed)
    {
        _folder.AddFile("folder/x", "");

        using (var file = Create(isUnnamed))
        {
            Assert.Equal(Errno.EISDIR, file.MoveTo(_folder["folder"]));
        }

        Assert.Equal([_folder["folder"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Create_NoFolder_SaysSo()
    {
        Assert.Equal(Errno.ENOENT, NewFile.Create(_folder["none"], isUnnamed: true, out _));
        Assert.Equal(Errno.ENOENT, NewFile.Create(_folder["none"], isUnnamed: false, out _));
    }

    [Fact]
    public void Resemble_Another_HasItsPermissions()
    {
        const UnixFileMode Odd = UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_folder.AddFile("other", ""), Odd);
        Assert.Equal(Errno.None, PlainFile.GetStatus(_folder["other"], out stat_t status));

        using var file = Create(isUnnamed: true);
        Assert.Equal(Errno.None, file.Resemble(status));
        Assert.Equal(Errno.None, file.MoveTo(_folder["file"]));

        Assert.Equal(Odd, File.GetUnixFileMode(_folder["file"]));
    }

    private NewFile Create(bool isUnnamed)
    {
        Assert.Equal(Errno.None, NewFile.Create(_folder.Root, isUnnamed, out var file));
        return file!;
    }
}
