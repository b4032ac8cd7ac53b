using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public sealed class GuestViewTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Find_PathThroughLinks_IsTheHostsFileThatTheGuestReaches()
    {
        var file = _folder.AddFile("root/usr/lib/loader", "");
        _folder.AddLink("root/lib", "usr/lib");
        _folder.AddLink("root/usr/lib/absolute", "/lib/loader");
        using var view = GuestView.Open([new FileMapping("/", _folder["root"], MappingAccess.Read)]);

        Assert.Equal(file, view.Find("/lib/loader"));
        Assert.Equal(file, view.Find("/usr/lib/absolute"));
        Assert.Equal(file, view.Find("lib/loader"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/no/such")]
    [InlineData("/dev/null")]
    [InlineData("/out")]
    public void Find_WhatIsNoFileOfTheHost_IsNull(string path)
    {
        _folder.AddFile("secret", "");
        _folder.AddFolder("root");
        _folder.AddLink("root/out", "../secret");
        using var view = GuestView.Open([new FileMapping("/", _folder["root"], MappingAccess.Read)]);

        Assert.Null(view.Find(path));
    }

    [Fact]
    public void Open_HostPathThatIsNotThere_SaysWhich() => Assert.Throws<IOException>(() => GuestView.Open([new FileMapping("/", _folder["missing"], MappingAccess.Read)]));
}
