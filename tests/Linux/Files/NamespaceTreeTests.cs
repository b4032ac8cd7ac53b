using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

public sealed class NamespaceTreeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NoMappings_HasTheDevicesOnly()
    {
        using var tree = NamespaceTree.Open([], null);

        Assert.Equal(["dev"], tree.Root.Children.Select(child => child.Name));
        Assert.Equal(["fd", "full", "null", "random", "stderr", "stdin", "stdout", "tty", "urandom", "zero"], tree.Root["dev"u8]!.Children.Select(child => child.Name));
        Assert.Equal([0, 1, 2], tree.Root["dev"u8]!["fd"u8]!.Children.Select(child => child.Descriptor));
    }

    [Fact]
    public void Open_Program_IsALinkThatIsNotListed()
    {
        using var tree = NamespaceTree.Open([], "/bin/sh"u8.ToArray());

        Assert.Equal("/bin/sh"u8.ToArray(), tree.Root["proc"u8]!["self"u8]!["exe"u8]!.Link);
        Assert.False(tree.Root["proc"u8]!.IsListed);
    }

    [Fact]
    public void Open_MappingBelowDirectories_MakesThoseOnTheWay()
    {
        using var tree = NamespaceTree.Open([new FileMapping("/a/b/c", _folder.Root, MappingAccess.ReadWrite)], null);

        var c = tree.Root["a"u8]!["b"u8]!["c"u8]!;

        Assert.Equal((true, false, MappingAccess.ReadWrite), (tree.Root["a"u8]!.IsPlainDirectory, c.IsPlainDirectory, c.Access));
        Assert.True(c.Root!.IsDirectory);
    }

    [Fact]
    public void Open_TwoMappingsAtOnePlace_TheFirstCountsAndTheOtherIsClosed()
    {
        var file = _folder.AddFile("file", "x");
        using (var tree = NamespaceTree.Open([new FileMapping("/x", file, MappingAccess.Read), new FileMapping("/x", _folder.Root, MappingAccess.ReadWrite)], null))
        {
            Assert.Equal((false, MappingAccess.Read), (tree.Root["x"u8]!.Root!.IsDirectory, tree.Root["x"u8]!.Access));
            Assert.Equal(1, OpenDescriptors.Below(_folder.Root));
        }

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [Fact]
    public void Open_HostPathThatIsNotThere_SaysWhyAndClosesTheOthers()
    {
        var mappings = new[] { new FileMapping("/a", _folder.Root, MappingAccess.Read), new FileMapping("/b", _folder["missing"], MappingAccess.Read) };

        var error = Assert.Throws<IOException>(() => NamespaceTree.Open(mappings, null));

        Assert.Equal($"cannot map {_folder["missing"]} to /b: ENOENT (No such file or directory)", error.Message);
        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/proc/self/fd")]
    [InlineData("/sys")]
    public void Open_FolderOfTheKernelsOwn_SaysSoInOneLine(string host)
    {
        var error = Assert.Throws<IOException>(() => NamespaceTree.Open([new FileMapping("/x", host, MappingAccess.Read)], null));

        Assert.StartsWith($"cannot map {host} to /x: it is in a file system of the kernel's own", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Open_FileOfTheKernelsOwn_IsMapped()
    {
        using var guest = new SyscallGuest([new FileMapping("/proc/version", "/proc/version", MappingAccess.Read)]);

        Assert.StartsWith("Linux version", guest.Content("/proc/version"), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MappingInPlaceOfADevice_ReplacesIt()
    {
        var file = _folder.AddFile("file", "x");
        using var tree = NamespaceTree.Open([new FileMapping("/dev/null", file, MappingAccess.Read)], null);

        Assert.Null(tree.Root["dev"u8]!["null"u8]!.Device);
        Assert.NotNull(tree.Root["dev"u8]!["null"u8]!.Root);
    }

    [Fact]
    public void Open_MappingOfTheRoot_IsTheRootItself()
    {
        using var tree = NamespaceTree.Open([new FileMapping("/", _folder.Root, MappingAccess.Read)], null);

        Assert.NotNull(tree.Root.Root);
    }
}
