using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed class LayerFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Dispose_WhateverAGuestMade_LeavesNothing()
    {
        const int Depth = 3000;
        _folder.AddFile("kept", "kept");
        var elsewhere = System.Text.Encoding.UTF8.GetBytes(_folder.Root + "\0");
        var layers = LayerFolder.Create();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(layers.Path));
        Assert.Equal(Errno.None, HostNode.TryFind(layers.Path, out var at));
        for (var depth = 0; depth < Depth; depth++)
        {
            // Deeper than any path, with what must not be followed on the way.
            at!.MakeDirectory("deeper\0"u8, 0x1C0);
            at.MakeSymbolicLink(elsewhere, "link\0"u8);
            Assert.Equal(Errno.None, at.TryStep("deeper\0"u8, out var next));
            at.ChangeMode(depth % 100 == 50 ? 0u : 0x1C0);
            at.Dispose();
            at = next;
        }

        at!.Dispose();

        layers.Dispose();

        Assert.False(Directory.Exists(layers.Path));
        Assert.True(File.Exists(_folder["kept"]));
    }

    [Fact]
    public void Sweep_FolderThatNobodyHolds_IsRemovedAndOthersStay()
    {
        _folder.AddFile(".kvmactors-layer-dead/0/root/file", "left behind");
        _folder.AddFile(".kvmactors-other/file", "somebody's");
        _folder.AddFolder(".kvmactors-layer-live");
        using var live = LayerFolder.TryLock(_folder[".kvmactors-layer-live"]);

        LayerFolder.Sweep(_folder.Root);

        Assert.NotNull(live);
        Assert.False(Directory.Exists(_folder[".kvmactors-layer-dead"]));
        Assert.True(File.Exists(_folder[".kvmactors-other/file"]));
        Assert.True(Directory.Exists(_folder[".kvmactors-layer-live"]));
    }

    [Fact]
    public void ReadAll_Directory_HasEveryNameOnce()
    {
        const int Files = 2000;
        for (var index = 0; index < Files; index++)
        {
            _folder.AddFile($"many/{index}", "");
        }

        Assert.Equal(Errno.None, HostNode.TryFind(_folder["many"], out var node));
        using (node)
        {
            Assert.Equal(Errno.None, node!.TryOpen(LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out var file));
            using (file)
            {
                var entries = new List<HostEntry>();
                Assert.Equal(Errno.None, HostEntry.ReadAll(file!, entries));
                Assert.Equal(Files, entries.Where(entry => !entry.IsDots).Select(entry => System.Text.Encoding.ASCII.GetString(entry.Name)).Distinct().Count());
                Assert.Equal(Files + 2, entries.Count);
            }
        }
    }
}
