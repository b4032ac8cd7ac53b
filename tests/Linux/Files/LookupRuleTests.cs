using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

/// <summary>What may be done with what a path reached, for every call that takes a path: as a guest would try to get round it.</summary>
public sealed class LookupRuleTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);
    private const int WriteOnly = 1, Create = 0x40, Truncate = 0x200, PathOnly = 0x20_0000, NoFollow = 0x2_0000;

    private readonly TempFolder _folder = new();

    public LookupRuleTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("p/file", "file");
        _folder.AddFile("p/prog", "program");
        _folder.AddFile("p/.git/config", "config");
        _folder.AddFile("p/.git/hooks/hook", "hook");
        _folder.AddFile("r/file", "read-only");
        _folder.AddFile("mask/file", "mask");
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Changes =>
        ["open", "truncate open", "path open", "creat", "truncate", "chmod", "fchmodat", "chown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "access"];

    // A mapping is what the user named when it began, not what has its name now.
    [Fact]
    public void Open_MappedFileReplacedOnTheHost_IsStillTheFile()
    {
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite), ("/prog", "p/prog", MappingAccess.Read));
        File.Delete(_folder["p/prog"]);
        _folder.AddLink("p/prog", _folder["secret"]);

        Assert.Equal("program", guest.Content("/prog"));
        Assert.True(guest.Open("/data/prog") < 0);
    }

    [Fact]
    public void Open_WritableMappedFileReplacedOnTheHost_WritesTheFile()
    {
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite), ("/prog", "p/prog", MappingAccess.ReadWrite));
        File.Move(_folder["p/prog"], _folder["p/held"]);
        _folder.AddLink("p/prog", _folder["secret"]);

        guest.Call(CallNumber.Write, (ulong)guest.Open("/prog", WriteOnly | Truncate), guest.Put("x"), 1);
        Assert.Equal(("secret", "x"), (File.ReadAllText(_folder["secret"]), File.ReadAllText(_folder["p/held"])));
    }

    [Fact]
    public void Remove_NameOfAMappingsRootElsewhere_IsEbusy()
    {
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite), ("/prog", "p/prog", MappingAccess.Read));
        var (prog, other) = (guest.Put("/data/prog"), guest.Put("/data/file"));

        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Unlink, prog));
        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Rename, prog, guest.Put("/data/new")));
        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Rename, other, prog));
        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Renameat2, Here, other, Here, prog, 2));
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Link, prog, guest.Put("/data/new")));
        Assert.Equal(Errno.EROFS.ToResult(), guest.Open("/data/prog", WriteOnly));
        Assert.Equal("program", File.ReadAllText(_folder["p/prog"]));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Change_ThroughALinkIntoAReadOnlyMapping_IsErofs(string change)
    {
        _folder.AddLink("p/link", "/r/file");
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite), ("/r", "r", MappingAccess.Read));

        AssertUnchanged("r/file", () => Assert.Equal(Errno.EROFS.ToResult(), Change(guest, change, "/data/link")));
    }

    // The same host folder, writable as a whole and read-only in part.
    [Theory]
    [MemberData(nameof(Changes))]
    public void Change_ReadOnlyPartReachedThroughAWritableMapping_IsErofs(string change)
    {
        _folder.AddLink("p/link", ".git/config");
        using var guest = Guest(("/p", "p", MappingAccess.ReadWrite), ("/p/.git", "p/.git", MappingAccess.Read), ("/elsewhere", "p", MappingAccess.ReadWrite));
        _folder.AddLink("p/deep", "/elsewhere/.git/hooks/../config");

        foreach (var path in (string[])["/p/link", "/p/deep", "/elsewhere/.git/config", "/elsewhere/link", "/p/../elsewhere/.git/hooks/../config", "/p/.git/../.git/config"])
        {
            AssertUnchanged("p/.git/config", () => Assert.Equal((path, Errno.EROFS.ToResult()), (path, Change(guest, change, path))));
        }
    }

    // The most specific mapping counts, also where it allows more.
    [Fact]
    public void Change_WritablePartOfAReadOnlyMapping_IsAllowedHoweverItIsReached()
    {
        using var guest = Guest(("/p", "p", MappingAccess.Read), ("/hooks", "p/.git/hooks", MappingAccess.ReadWrite));

        Assert.Equal(0, guest.Call(CallNumber.Chmod, guest.Put("/p/.git/hooks/hook"), 0x1C0));
        Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Chmod, guest.Put("/hooks/../p/.git/config"), 0x1C0));
    }

    // Both mappings are of one folder: the user gave it away for writing.
    [Theory]
    [InlineData("/r/file", Errno.EROFS)]
    [InlineData("/w/file", Errno.None)]
    public void Change_OneFolderMappedTwice_GoesByTheWayToIt(string path, Errno expected)
    {
        using var guest = Guest(("/r", "r", MappingAccess.Read), ("/w", "r", MappingAccess.ReadWrite));

        Assert.Equal(expected.ToResult(), guest.Call(CallNumber.Chmod, guest.Put(path), 0x1C0));
    }

    [Fact]
    public void Entries_OfANestedReadOnlyMapping_StayAsTheyAre()
    {
        using var guest = Guest(("/p", "p", MappingAccess.ReadWrite), ("/p/.git", "p/.git", MappingAccess.Read), ("/q", "p", MappingAccess.ReadWrite));
        _folder.AddLink("p/git", ".git");
        var file = guest.Put("/p/file");
        foreach (var git in (string[])["/p/.git", "/p/git", "/q/.git", "/q/git", "/p/./git/hooks/..", "/q/.git/hooks/../../.git"])
        {
            var (config, fresh) = (guest.Put(git + "/config"), guest.Put(git + "/new"));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Unlink, config));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Mkdir, fresh, 0x1FF));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Symlink, file, fresh));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Open(git + "/new", WriteOnly | Create));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Rmdir, guest.Put(git + "/hooks")));
            Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Rename, config, guest.Put("/p/config")));
            Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Rename, file, config));
            Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Renameat2, Here, config, Here, file, 2));
            Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Link, config, guest.Put("/p/config")));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Link, file, fresh));
            guest.Rewind();
            file = guest.Put("/p/file");
        }

        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Rename, guest.Put("/q/.git"), guest.Put("/q/moved")));
        Assert.Equal(["config", "hooks"], Directory.EnumerateFileSystemEntries(_folder["p/.git"]).Select(Path.GetFileName).Order());
    }

    // Not even together with what holds it, or its place could be taken by something else.
    [Theory]
    [InlineData("d/.git")]
    [InlineData("d/.git/config")]
    public void Rename_WhatHoldsAMappingOfAnotherRight_IsEbusy(string mapped)
    {
        _folder.AddFile("w/d/.git/config", "config");
        using var guest = Guest(("/w", "w", MappingAccess.ReadWrite), ("/m", "w/" + mapped, MappingAccess.Read));
        guest.Call(CallNumber.Mkdir, guest.Put("/w/e"), 0x1FF);

        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Rename, guest.Put("/w/d"), guest.Put("/w/moved")));
        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Renameat2, Here, guest.Put("/w/e"), Here, guest.Put("/w/d"), 2));
        Assert.True(File.Exists(_folder["w/d/.git/config"]));
    }

    // What a mapping covers is out of sight, as below a mount point.
    [Theory]
    [InlineData("/p/.git/config", Errno.ENOENT)]
    [InlineData("/p/link", Errno.ENOENT)]
    [InlineData("/p/git/hooks/hook", Errno.ENOENT)]
    [InlineData("/p/.git/file", Errno.None)]
    public void Open_BelowACoveredFolder_FindsWhatCoversIt(string path, Errno expected)
    {
        _folder.AddLink("p/link", ".git/config");
        _folder.AddLink("p/git", "./.git/../.git");
        using var guest = Guest(("/p", "p", MappingAccess.ReadWrite), ("/p/.git", "mask", MappingAccess.Read));

        Assert.Equal(expected.ToResult(), Math.Min(0, guest.Open(path)));
    }

    // As a mount does: the folder is covered, not its name, however it is reached within the mapping that has it.
    [Fact]
    public void Open_CoveredFolderByAnotherName_FindsWhatCoversIt()
    {
        _folder.AddFile("p/usr/bin/tool", "original");
        _folder.AddLink("p/bin", "usr/bin");
        using var guest = Guest(("/", "p", MappingAccess.ReadWrite), ("/bin/tool", "secret", MappingAccess.Read), ("/q", "p", MappingAccess.ReadWrite));

        Assert.Equal(("secret", "secret", "original"), (guest.Content("/bin/tool"), guest.Content("/usr/bin/tool"), guest.Content("/q/usr/bin/tool")));
        Assert.Equal(Errno.EBUSY.ToResult(), guest.Call(CallNumber.Rename, guest.Put("/usr/bin/tool"), guest.Put("/moved")));
        Assert.Equal(Errno.EXDEV.ToResult(), guest.Call(CallNumber.Link, guest.Put("/usr/bin/tool"), guest.Put("/linked")));
        Assert.Equal(Errno.EROFS.ToResult(), guest.Open("/usr/bin/tool", WriteOnly));
    }

    // An open file keeps the right it was found with.
    [Theory]
    [InlineData(0)]
    [InlineData(PathOnly)]
    public void OpenFile_OfAReadOnlyMapping_CannotBeChangedByItsDescriptor(int flags)
    {
        _folder.AddLink("p/link", "/r/file");
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite), ("/r", "r", MappingAccess.Read));
        var fd = (ulong)guest.Open("/data/link", flags);

        AssertUnchanged("r/file", () =>
        {
            var refused = flags == 0 ? Errno.EROFS.ToResult() : Errno.EBADF.ToResult();
            Assert.Equal((refused, refused), (guest.Call(CallNumber.Fchmod, fd, 0x1FF), guest.Call(CallNumber.Fchown, fd, 1, 1)));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Utimensat, fd, 0, 0, 0));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Fchownat, fd, guest.Put(""), 1, 1, 0x1000));
            Assert.Equal(Errno.EROFS.ToResult(), guest.Call(CallNumber.Faccessat2, fd, guest.Put(""), 2, 0x1000));
        });
    }

    [Fact]
    public void Open_LinkItselfByO_Path_IsTheLink()
    {
        _folder.AddLink("p/link", "/etc/passwd");
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite));
        var (fd, status) = (guest.Open("/data/link", PathOnly | NoFollow), guest.Room(144));

        Assert.Equal(0, guest.Call(CallNumber.Fstat, (ulong)fd, status));
        Assert.Equal(0xA000u, guest.Get<stat_t>(status).st_mode & 0xF000);
    }

    [Theory]
    [InlineData("/proc/self/mem")]
    [InlineData("/proc/self/exe")]
    [InlineData("/proc/self/root/etc/passwd")]
    [InlineData("/sys/kernel")]
    [InlineData("/p/link")]
    public void Open_FileSystemOfTheKernelsOwn_IsEacces(string path)
    {
        _folder.AddLink("p/link", "../../../../../../proc/self/status");
        using var guest = new SyscallGuest([new FileMapping("/", "/", MappingAccess.ReadWrite), new FileMapping("/p", _folder["p"], MappingAccess.ReadWrite)]);

        Assert.Equal(Errno.EACCES.ToResult(), guest.Open(path));
        Assert.Equal(Errno.EACCES.ToResult(), guest.Call(CallNumber.Stat, guest.Put(path), guest.Room(144)));
    }

    [Fact]
    public void Open_RootOfTheHostMapped_HasItsFilesAndTheGuestsOwnDevices()
    {
        using var guest = new SyscallGuest([new FileMapping("/", "/", MappingAccess.Read)], program: "/bin/true");

        Assert.Equal("file", guest.Content(_folder["p/file"]));
        Assert.Equal(Errno.EROFS.ToResult(), guest.Open(_folder["p/file"], WriteOnly));
        Assert.True(guest.Open("/dev/null", WriteOnly) >= 0);
        Assert.True(guest.Open("/dev/kmsg") < 0);
        Assert.Equal("", guest.Content("/proc/self/maps"));
        Assert.Equal(Errno.ENOENT.ToResult(), guest.Open("/proc/self/mem"));
        Assert.Equal((0L, 0x416Du), guest.Mode(CallNumber.Stat, "/sys"));
        Assert.Equal(Errno.ENOENT.ToResult(), guest.Open("/sys/kernel"));
    }

    [Fact]
    public void Open_Device_IsOpenedOnlyWhereItIsMappedItself()
    {
        using var guest = new SyscallGuest([new FileMapping("/d", "/dev", MappingAccess.ReadWrite), new FileMapping("/zero", "/dev/zero", MappingAccess.Read)]);

        Assert.Equal(Errno.EACCES.ToResult(), guest.Open("/d/null"));
        Assert.True(guest.Open("/d/null", PathOnly) >= 0);
        Assert.True(guest.Open("/zero") >= 0);
    }

    [Fact]
    public void Open_ExistingFileWithSetIdBits_LosesThemWhenItIsOverwritten()
    {
        using var guest = Guest(("/data", "p", MappingAccess.ReadWrite));
        foreach (var flags in (int[])[WriteOnly, WriteOnly | Truncate])
        {
            File.SetUnixFileMode(_folder["p/prog"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.SetUser);
            var fd = (ulong)guest.Open("/data/prog", flags);
            if ((flags & Truncate) == 0)
            {
                guest.Call(CallNumber.Write, fd, guest.Put("evil"), 4);
            }

            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["p/prog"]));
        }
    }

    private static long Change(SyscallGuest guest, string change, string path)
    {
        var text = guest.Put(path);
        return change switch
        {
            "open" => guest.Open(path, WriteOnly),
            "truncate open" => guest.Open(path, Truncate),
            "path open" => guest.Call(CallNumber.Utimensat, (ulong)guest.Open(path, PathOnly), 0, 0, 0),
            "creat" => guest.Call((CallNumber)85, text, 0x1FF),
            "truncate" => guest.Call(CallNumber.Truncate, text, 0),
            "chmod" => guest.Call(CallNumber.Chmod, text, 0x1FF),
            "fchmodat" => guest.Call(CallNumber.Fchmodat, Here, text, 0x1FF),
            "chown" => guest.Call(CallNumber.Chown, text, uint.MaxValue, uint.MaxValue),
            "fchownat" => guest.Call(CallNumber.Fchownat, Here, text, uint.MaxValue, uint.MaxValue, 0),
            "utime" => guest.Call(CallNumber.Utime, text, 0),
            "utimes" => guest.Call(CallNumber.Utimes, text, 0),
            "utimensat" => guest.Call(CallNumber.Utimensat, Here, text, 0, 0),
            "futimesat" => guest.Call((CallNumber)261, Here, text, 0),
            _ => guest.Call(CallNumber.Access, text, 2),
        };
    }

    private SyscallGuest Guest(params (string Guest, string Host, MappingAccess Access)[] mappings) =>
        new([.. mappings.Select(mapping => new FileMapping(mapping.Guest, _folder[mapping.Host], mapping.Access))]);

    private void AssertUnchanged(string name, Action action)
    {
        var before = HostTree.Describe(_folder[name]);
        action();
        Assert.Equal(before, HostTree.Describe(_folder[name]));
    }
}
