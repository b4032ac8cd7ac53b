using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Tests.Files;

/// <summary>What <see cref="OverlayPropertyTests"/> cannot compare with a plain folder.</summary>
public sealed class OverlayTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);
    private const int WriteOnly = 1, ReadWrite = 2, Create = 0x40;

    private readonly TempFolder _folder = new();

    public OverlayTests()
    {
        _folder.AddFile("lower/file", "host");
        _folder.AddFile("lower/sub/below", "below");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stat_FileThatIsChanged_IsTheSameFile()
    {
        using var guest = Guest();
        var (file, sub) = (Inode(guest, "/o/sub/below"), Inode(guest, "/o/sub"));

        Assert.Equal(0, guest.Call(CallNumber.Chmod, guest.Put("/o/sub/below"), 0x180));

        Assert.Equal((file, sub), (Inode(guest, "/o/sub/below"), Inode(guest, "/o/sub")));
        Assert.Equal(file, OpenInode(guest, "/o/sub/below"));
    }

    // As on Linux's own: whoever has the host's file open reads that.
    [Fact]
    public void Read_FileOpenedBeforeItIsChanged_IsTheHosts()
    {
        using var guest = Guest();
        var before = (ulong)guest.Open("/o/file");

        Write(guest, "/o/file", "mine");

        var buffer = guest.Room(16);
        Assert.Equal("host", guest.Text(buffer, guest.Call(CallNumber.Read, before, buffer, 16)));
        Assert.Equal(("mine", "host"), (guest.Content("/o/file"), File.ReadAllText(_folder["lower/file"])));
    }

    [Theory]
    [InlineData("file", 0)]
    [InlineData("sub", 0x1_0000)]
    public void Fchmod_FileOpenedToRead_ChangesTheCopy(string name, int flags)
    {
        using var guest = Guest();
        var before = File.GetUnixFileMode(_folder[$"lower/{name}"]);
        var fd = (ulong)guest.Open($"/o/{name}", flags);

        Assert.Equal(0, guest.Call(CallNumber.Fchmod, fd, 0x1C0));
        Assert.Equal(0, guest.Call(CallNumber.Utimensat, fd, 0, guest.Put(System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>([1, 0, 2, 0])), 0));

        var status = guest.Room(144);
        guest.Call(CallNumber.Fstat, fd, status);
        Assert.Equal((0x1C0u, 2L), (guest.Get<stat_t>(status).st_mode & 0xFFF, guest.Get<stat_t>(status).st_mtim.tv_sec));
        Assert.Equal(0x1C0u, guest.Mode(CallNumber.Stat, $"/o/{name}").Mode & 0xFFF);
        Assert.Equal(before, File.GetUnixFileMode(_folder[$"lower/{name}"]));
    }

    [Fact]
    public void Begin_WithAnotherGuest_IsTheHostsAgain()
    {
        using var names = FileNamespace.Open([new FileMapping("/o", _folder["lower"], MappingAccess.Overlay)], program: null);
        names.Begin(Quotas());
        Find(names, "/o", directory =>
        {
            Assert.Equal(0, directory.Remove("file\0"u8, directory: false));
            Assert.Equal(0, directory.MakeDirectory("made\0"u8, 0x1ED));
        });
        Assert.Equal(Errno.ENOENT, names.Find("/"u8, "/o/file"u8, LookupMode.Follow, out _));

        names.Begin(Quotas());

        Find(names, "/o/file", file => Assert.False(file.IsDirectory));
        Assert.Equal(Errno.ENOENT, names.Find("/"u8, "/o/made"u8, LookupMode.Follow, out _));
    }

    [Fact]
    public void Change_OfOneVm_IsNotSeenByAnother()
    {
        using var first = Guest();
        using var second = Guest();

        Write(first, "/o/file", "first");
        Write(second, "/o/new", "second");

        Assert.Equal(("first", "host"), (first.Content("/o/file"), second.Content("/o/file")));
        Assert.Equal((Errno.ENOENT.ToResult(), "second"), (first.Open("/o/new"), second.Content("/o/new")));
    }

    [Fact]
    public void Change_SingleFile_LeavesTheHosts()
    {
        using var guest = new SyscallGuest([new FileMapping("/etc/file", _folder["lower/file"], MappingAccess.Overlay)]);

        Write(guest, "/etc/file", "mine");

        Assert.Equal(("mine", "host"), (guest.Content("/etc/file"), File.ReadAllText(_folder["lower/file"])));
        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Unlink, guest.Put("/etc/file")));
    }

    // A way round by another mapping of the same folder ends before the host's file, and one the other way in the layer.
    [Fact]
    public void Change_ThroughAnotherMapping_NeverReachesWhatIsKeptApart()
    {
        using var guest = new SyscallGuest(
        [
            new FileMapping("/all", _folder.Root, MappingAccess.ReadWrite),
            new FileMapping("/o", _folder["lower"], MappingAccess.Overlay),
            new FileMapping("/out", _folder.AddFolder("out"), MappingAccess.ReadWrite),
        ]);

        Assert.Equal(Errno.EROFS.ToResult(), guest.Open("/all/lower/file", WriteOnly));
        Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Unlink, guest.Put("/all/lower/sub/below")));
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Rename, guest.Put("/o/file"), guest.Put("/out/file")));
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Link, guest.Put("/o/file"), guest.Put("/out/file")));
        Assert.Equal("host", File.ReadAllText(_folder["lower/file"]));
    }

    [Fact]
    public void Change_WritableFolderBelowIt_ByTheWayOfTheLayer_StaysInTheLayer()
    {
        using var guest = new SyscallGuest(
        [
            new FileMapping("/o", _folder["lower"], MappingAccess.Overlay),
            new FileMapping("/sub", _folder["lower/sub"], MappingAccess.ReadWrite),
        ]);

        Write(guest, "/o/sub/below", "mine!");
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Rename, guest.Put("/o/sub/below"), guest.Put("/sub/moved")));
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Rename, guest.Put("/sub/below"), guest.Put("/o/sub/moved")));
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Link, guest.Put("/sub/below"), guest.Put("/o/sub/moved")));

        Assert.Equal(("mine!", "below"), (guest.Content("/o/sub/below"), File.ReadAllText(_folder["lower/sub/below"])));
    }

    [Fact]
    public void Change_BeyondTheLimits_IsEnospc()
    {
        using var guest = Guest(new FileLimits { InodesCreated = 4 });

        // The root, the folder, the file in it; the note that a name is gone.
        Assert.Equal(0, guest.Call(CallNumber.Chmod, guest.Put("/o/sub/below"), 0x180));
        Assert.Equal(0, guest.Call(CallNumber.Unlink, guest.Put("/o/file")));
        Assert.Equal(Errno.ENOSPC.ToResult(), guest.Call(CallNumber.Unlink, guest.Put("/o/sub/below")));
        Assert.Equal(Errno.ENOSPC.ToResult(), guest.Open("/o/new", WriteOnly | Create));
        Assert.False(guest.Service.IsUntouched);
    }

    [Fact]
    public void Write_FileTooLongToCopy_IsEnospc()
    {
        using var guest = Guest(new FileLimits { BytesWritten = 100 });
        _folder.AddFile("lower/long", new string('x', 101));

        Assert.Equal(Errno.ENOSPC.ToResult(), guest.Open("/o/long", ReadWrite));
        Assert.Equal(new string('x', 64), guest.Content("/o/long"));
        Assert.True(guest.Open("/o/long", ReadWrite | 0x200) >= 0);
    }

    [Fact]
    public void Find_FolderOfLayers_IsNotThere()
    {
        var hidden = _folder.AddFolder("lower/.kvmactors-layer-0123456789abcdef");
        _folder.AddFile("lower/.kvmactors-layer-0123456789abcdef/secret", "of another VM");
        using var guest = new SyscallGuest(
            [new FileMapping("/o", _folder["lower"], MappingAccess.Overlay), new FileMapping("/p", _folder["lower"], MappingAccess.ReadWrite)]);

        foreach (var mapping in (string[])["/o", "/p"])
        {
            foreach (var below in (string[])["", "/", "/secret", "/../.kvmactors-layer-0123456789abcdef/secret"])
            {
                Assert.Equal(Errno.ENOENT.ToResult(), guest.Open($"{mapping}/.kvmactors-layer-0123456789abcdef{below}"));
            }

            Assert.Equal(
                Errno.ENOENT.ToResult(), guest.Call(CallNumber.Rename, guest.Put($"{mapping}/.kvmactors-layer-0123456789abcdef"), guest.Put($"{mapping}/mine")));
        }

        Assert.True(Directory.Exists(hidden));
    }

    [Fact]
    public void Getdents_NamesRemovedMeanwhile_GoesOnWhereItWas()
    {
        const int Files = 300;
        for (var index = 0; index < Files; index++)
        {
            _folder.AddFile($"lower/many/{index}", "");
        }

        using var guest = Guest();
        var fd = (ulong)guest.Open("/o/many", 0x1_0000);
        var buffer = guest.Room(1024);
        var removed = 0;
        for (long read; (read = guest.Call(CallNumber.Getdents64, fd, buffer, 1024)) > 0;)
        {
            for (var at = 0; at < read; at += guest.Get<ushort>(buffer + (ulong)at + 16))
            {
                var name = guest.Text(buffer + (ulong)at + 19, 4).Split('\0')[0];
                removed += guest.Call(CallNumber.Unlink, guest.Put($"/o/many/{name}")) == 0 ? 1 : 0;
            }
        }

        Assert.Equal((Files, 0), (removed, guest.Call(CallNumber.Rmdir, guest.Put("/o/many"))));
        Assert.Equal(Files, Directory.GetFiles(_folder["lower/many"]).Length);
    }

    [Fact]
    public void Statfs_IsNotReadOnly()
    {
        using var guest = Guest();
        var status = guest.Room(120);

        Assert.Equal(0, guest.Call(CallNumber.Statfs, guest.Put("/o"), status));

        Assert.Equal(0, guest.Get<statfs_t>(status).f_flags & 1);
        Assert.Equal(0, guest.Call(CallNumber.Access, guest.Put("/o"), 2));
    }

    private static void Write(SyscallGuest guest, string path, string text)
    {
        var fd = (ulong)guest.Open(path, WriteOnly | Create);
        Assert.Equal(text.Length, guest.Call(CallNumber.Write, fd, guest.Put(text), (ulong)text.Length));
        guest.Call(CallNumber.Close, fd);
    }

    private static (ulong, ulong) Inode(SyscallGuest guest, string path)
    {
        var status = guest.Room(144);
        Assert.Equal(0, guest.Call(CallNumber.Newfstatat, Here, guest.Put(path), status, 0));
        return (guest.Get<stat_t>(status).st_dev, guest.Get<stat_t>(status).st_ino);
    }

    private static (ulong, ulong) OpenInode(SyscallGuest guest, string path)
    {
        var status = guest.Room(144);
        guest.Call(CallNumber.Fstat, (ulong)guest.Open(path, ReadWrite), status);
        return (guest.Get<stat_t>(status).st_dev, guest.Get<stat_t>(status).st_ino);
    }

    private static FileQuotas Quotas() => new(new FileLimits(), new Quota("BytesWritten", null));

    private static void Find(FileNamespace names, string path, Action<HostNode> act)
    {
        Assert.Equal(Errno.None, names.Find("/"u8, System.Text.Encoding.ASCII.GetBytes(path), LookupMode.Follow, out var found));
        using (found)
        {
            act(found!.Host!);
        }
    }

    private SyscallGuest Guest(FileLimits? limits = null) => new([new FileMapping("/o", _folder["lower"], MappingAccess.Overlay)], limits);
}
