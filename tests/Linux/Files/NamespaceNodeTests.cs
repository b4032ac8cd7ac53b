using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class NamespaceNodeTests
{
    [Fact]
    public void Status_Kinds_HaveTheirModes()
    {
        Assert.Equal((0x416DU, 2UL), (new NamespaceNode("dir", 7).Status.st_mode, new NamespaceNode("dir", 7).Status.st_nlink));
        Assert.Equal((0xA1FFU, 4L), (new NamespaceNode("link", 7) { Link = "/bin"u8.ToArray() }.Status.st_mode, new NamespaceNode("link", 7) { Link = "/bin"u8.ToArray() }.Status.st_size));
        Assert.Equal(7UL, new NamespaceNode("dir", 7).Status.st_ino);
    }

    [Theory]
    [InlineData((int)DeviceKind.Null, 0x103)]
    [InlineData((int)DeviceKind.Zero, 0x105)]
    [InlineData((int)DeviceKind.Full, 0x107)]
    [InlineData((int)DeviceKind.Random, 0x109)]
    [InlineData((int)DeviceKind.Terminal, 0x500)]
    public void Status_Device_HasLinuxsNumber(int kind, ulong expected)
    {
        var status = new NamespaceNode("x", 1) { Device = (DeviceKind)kind }.Status;

        Assert.Equal((0x21B6U, expected), (status.st_mode, status.st_rdev));
    }

    [Fact]
    public void List_Children_AreThoseThatAreListedInOrder()
    {
        var node = new NamespaceNode("", 1);
        node.Add(new NamespaceNode("b", 2));
        node.Add(new NamespaceNode("hidden", 3) { IsListed = false });
        node.Add(new NamespaceNode("a", 4) { Device = DeviceKind.Null });

        Assert.Equal(["a", "b", "hidden"], node.Children.Select(child => child.Name));
        Assert.Equal(4 * 24, node.List().Read(new byte[1000]));
        Assert.Equal(DirectoryEntries.TypeCharacterDevice, node["a"u8]!.Entry.Type);
        Assert.Null(node["missing"u8]);
    }
}
