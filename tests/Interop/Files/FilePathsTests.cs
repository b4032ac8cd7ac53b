using KvmActors.Interop.Files;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed class FilePathsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("file", "file")]
    [InlineData("a/../file", "file")]
    [InlineData("a/none", "a/none")]
    [InlineData("link", "file")]
    [InlineData("chain", "file")]
    [InlineData("dangling", "a/none")]
    [InlineData("far/up", "a/x")]
    [InlineData("loop", null)]
    [InlineData("none/file", null)]
    [InlineData("a/", null)]
    [InlineData("a/..", null)]
    public void Resolve_Path_IsWhereTheKernelGoes(string path, string? expected)
    {
        _folder.AddFile("file", "");
        _folder.AddFolder("a/b");
        _folder.AddLink("link", "file");
        _folder.AddLink("chain", "link");
        _folder.AddLink("dangling", "a/none");
        _folder.AddLink("loop", "loop");
        _folder.AddLink("far", "a/b");
        _folder.AddLink("a/b/up", "../x");

        Assert.Equal(expected is null ? null : _folder[expected], FilePaths.Resolve($"{_folder.Root}/{path}"));
    }

    [Theory]
    [InlineData("/dev/stdout", true)]
    [InlineData("/dev/fd/63", true)]
    [InlineData("/proc/self/fd/1", true)]
    [InlineData("/dev/shm/file", false)]
    [InlineData("dev/fd/1", false)]
    public void IsDescriptor_Path_IsToldByItsName(string path, bool expected) => Assert.Equal(expected, FilePaths.IsDescriptor(path));
}
