using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

public sealed class FileNamespaceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public FileNamespaceTests()
    {
        _folder.AddFile("outer/file", "outer");
        _folder.AddFile("outer/inner/file", "hidden");
        _folder.AddFile("inner/file", "inner");
        _folder.AddFile("secret", "secret");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/data/file", "outer")]
    [InlineData("data/file", "outer")]
    [InlineData("//data/.//file", "outer")]
    [InlineData("/data/inner/file", "inner")]
    [InlineData("/data/inner/../file", "outer")]
    [InlineData("/data/../data/file", "outer")]
    public void TryOpenRead_PathUnderAMapping_LongestPrefixWins(string path, string content) =>
        Assert.Equal(content, Read(path, ("/data", "outer"), ("/data/inner", "inner")));

    [Theory]
    [InlineData("/data/inner/file", "inner")]
    public void TryOpenRead_MappingsInAnyOrder_LongestPrefixWins(string path, string content) =>
        Assert.Equal(content, Read(path, ("/data/inner", "inner"), ("/", "outer"), ("/data", "outer")));

    [Theory]
    [InlineData("/database/file")]
    [InlineData("/dataXfile")]
    [InlineData("/dat/file")]
    [InlineData("/file")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/DATA/file")]
    public void TryOpenRead_UnderNoMapping_IsEnoent(string path) => AssertRefused(Errno.ENOENT, path, ("/data", "outer"));

    [Fact]
    public void TryOpenRead_NothingMapped_IsEnoent() => AssertRefused(Errno.ENOENT, "/etc/passwd");

    [Theory]
    [InlineData("/file", "outer")]
    [InlineData("/inner/file", "hidden")]
    [InlineData("/../file", "outer")]
    public void TryOpenRead_RootMapping_HoldsEverything(string path, string content) => Assert.Equal(content, Read(path, ("/", "outer")));

    [Theory]
    [InlineData("/")]
    [InlineData("/inner")]
    [InlineData("/inner/")]
    [InlineData("/..")]
    public void TryOpenRead_Directory_OpensIt(string path)
    {
        using var files = Map(("/", "outer"));

        Assert.Equal(Errno.None, TryOpenRead(files, Encoding.UTF8.GetBytes(path), out var file));
        file!.Dispose();
    }

    [Fact]
    public void TryOpenRead_MappedFile_IsTheFileItself() => Assert.Equal("secret", Read("/etc/motd", ("/etc/motd", "secret")));

    [Theory]
    [InlineData("/etc/motd/")]
    [InlineData("/etc/motd/below")]
    public void TryOpenRead_BelowAMappedFile_IsEnotdir(string path) => AssertRefused(Errno.ENOTDIR, path, ("/etc/motd", "secret"));

    // What is above a mapping's root is what the guest sees there, not what the host has.
    [Theory]
    [InlineData("/data/../secret")]
    [InlineData("/data/inner/../../secret")]
    [InlineData("/data/../../../../../../etc/passwd")]
    public void TryOpenRead_ParentOfAMapping_IsEnoent(string path) => AssertRefused(Errno.ENOENT, path, ("/data", "outer"));

    [Fact]
    public void TryOpenRead_LinkOutOfTheMapping_LeadsWhereTheGuestSeesIt()
    {
        _folder.AddLink("outer/up", "../secret");
        _folder.AddLink("outer/abs", "/etc/passwd");

        AssertRefused(Errno.ENOENT, "/data/up", ("/data", "outer"));
        AssertRefused(Errno.ENOENT, "/data/abs", ("/data", "outer"));
        Assert.Equal("secret", Read("/data/abs", ("/data", "outer"), ("/etc/passwd", "secret")));
    }

    [Fact]
    public void TryOpenRead_LinkInsideTheMapping_IsFollowed()
    {
        _folder.AddLink("outer/link", "inner/file");

        Assert.Equal("hidden", Read("/data/link", ("/data", "outer")));
    }

    [Fact]
    public void TryOpenRead_LongestPath_IsTakenWhole()
    {
        var path = "/data" + string.Concat(Enumerable.Repeat("/.", (GuestPath.MaxBytes - 11) / 2)) + "/file";

        Assert.Equal("outer", Read(path, ("/data", "outer")));
    }

    [Fact]
    public void Constructor_MissingHostPath_NamesBothPathsAndClosesTheOthers()
    {
        var error = Assert.Throws<IOException>(() => Map(("/data", "outer"), ("/x", "nowhere")));

        Assert.Contains(_folder["nowhere"], error.Message, StringComparison.Ordinal);
        Assert.Contains("to /x: ENOENT", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [Fact]
    public void Dispose_ClosesEveryRoot()
    {
        var files = Map(("/data", "outer"), ("/x", "inner"));
        Assert.Equal(2, OpenDescriptors.Below(_folder.Root));

        files.Dispose();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    private static Errno TryOpenRead(FileNamespace files, ReadOnlySpan<byte> path, out HostFile? file)
    {
        file = null;
        if (path.IsEmpty)
        {
            return Errno.ENOENT;
        }

        var errno = files.Find("/"u8, path, LookupMode.Follow, out var found);
        using (found)
        {
            return found?.Host is null ? errno == Errno.None ? Errno.ENOENT : errno : files.TryOpen(found, 0, 0, out file);
        }
    }

    private FileNamespace Map(params (string Guest, string Host)[] mappings) =>
        FileNamespace.Open(mappings.Select(mapping => new FileMapping(mapping.Guest, _folder[mapping.Host], MappingAccess.Read)), program: null);

    private string Read(string path, params (string Guest, string Host)[] mappings)
    {
        using var files = Map(mappings);
        Assert.Equal(Errno.None, TryOpenRead(files, Encoding.UTF8.GetBytes(path), out var file));
        using (file)
        {
            return FileContent.Of(file!);
        }
    }

    private void AssertRefused(Errno expected, string path, params (string Guest, string Host)[] mappings)
    {
        using var files = Map(mappings);
        Assert.Equal(expected, TryOpenRead(files, Encoding.UTF8.GetBytes(path), out var file));
        Assert.Null(file);
    }
}
