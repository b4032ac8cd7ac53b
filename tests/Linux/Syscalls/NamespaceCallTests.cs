using System.Buffers.Binary;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>What a guest sees around its mappings, and that it sees nothing else.</summary>
public sealed class NamespaceCallTests : IDisposable
{
    private const int Directory = 0x1_0000;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public NamespaceCallTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("bin/tool", "tool");
        _folder.AddFile("work/file", "file");
        _folder.AddFolder("work/sub");
        _folder.AddFile("motd", "motd");
        _folder.AddLink("work/out", "../secret");
        _folder.AddLink("work/abs", "/etc/passwd");
        _guest = new SyscallGuest(
            [
                new FileMapping("/usr/bin", _folder["bin"], MappingAccess.Read),
                new FileMapping("/work", _folder["work"], MappingAccess.ReadWrite),
                new FileMapping("/work/deep/motd", _folder["motd"], MappingAccess.Read),
            ],
            program: "usr/bin/../bin/tool");
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/", ". .. dev usr work")]
    [InlineData("/usr", ". .. bin")]
    [InlineData("/usr/", ". .. bin")]
    [InlineData("/usr/bin", ". .. tool")]
    [InlineData("/work", ". .. abs deep file out sub")]
    [InlineData("/work/deep", ". .. motd")]
    [InlineData("/dev", ". .. fd full null random stderr stdin stdout tty urandom zero")]
    public void Getdents64_Directory_ListsWhatIsThere(string path, string expected) =>
        Assert.Equal(expected, string.Join(' ', List(path).Order(StringComparer.Ordinal)));

    [Fact]
    public void Getdents64_SmallBuffers_ListTheSameAndRewind()
    {
        var fd = (ulong)_guest.Open("/dev", Directory);
        var all = List("/dev");
        Assert.Equal(all, List(fd, 40));
        Assert.Equal(0, _guest.Call(CallNumber.Lseek, fd, 0, 0));
        Assert.Equal(all, List(fd, 64));
        Assert.Equal(Errno.EINVAL.ToResult(), Rewound(fd));

        long Rewound(ulong directory)
        {
            _guest.Call(CallNumber.Lseek, directory, 0, 0);
            return _guest.Call(CallNumber.Getdents64, directory, _guest.Room(16), 16);
        }
    }

    [Theory]
    [InlineData("/", 0x416D)]
    [InlineData("/usr", 0x416D)]
    [InlineData("/work/deep", 0x416D)]
    [InlineData("/dev/null", 0x21B6)]
    [InlineData("/proc/self/exe", 0x81A4)]
    public void Stat_WhatIsNotTheHosts_HasAMode(string path, int mode) => Assert.Equal((0L, (uint)mode), Status(CallNumber.Stat, path));

    [Fact]
    public void Exe_IsALinkToTheProgram()
    {
        var buffer = _guest.Room(64);
        var length = _guest.Call(CallNumber.Readlink, _guest.Put("/proc/self/exe"), buffer, 64);

        Assert.Equal("/usr/bin/tool", _guest.Text(buffer, length));
        Assert.Equal((0L, 0xA1FFu), Status(CallNumber.Lstat, "/proc/self/exe"));
        Assert.Equal("tool", Content("/proc/self/exe"));
    }

    [Theory]
    [InlineData("/secret", Errno.ENOENT)]
    [InlineData("/work/../secret", Errno.ENOENT)]
    [InlineData("/work/out", Errno.ENOENT)]
    [InlineData("/work/abs", Errno.ENOENT)]
    [InlineData("/etc/passwd", Errno.ENOENT)]
    [InlineData("/usr/lib", Errno.ENOENT)]
    [InlineData("/dev/null/x", Errno.ENOTDIR)]
    [InlineData("/dev/null/", Errno.ENOTDIR)]
    [InlineData("/work/file/", Errno.ENOTDIR)]
    [InlineData("/dev/tty", Errno.ENXIO)]
    [InlineData("", Errno.ENOENT)]
    [InlineData("/proc/self/maps", Errno.ENOENT)]
    public void Open_WhatIsNotThere_SaysWhy(string path, Errno expected) => Assert.Equal(expected.ToResult(), _guest.Open(path));

    [Theory]
    [InlineData(CallNumber.Mkdir, "/usr/bin/new", Errno.EROFS)]
    [InlineData(CallNumber.Mkdir, "/usr/bin/tool", Errno.EEXIST)]
    [InlineData(CallNumber.Mkdir, "/usr", Errno.EEXIST)]
    [InlineData(CallNumber.Mkdir, "/new", Errno.EROFS)]
    [InlineData(CallNumber.Mkdir, "/new/x", Errno.ENOENT)]
    [InlineData(CallNumber.Mkdir, "/work/deep", Errno.EEXIST)]
    [InlineData(CallNumber.Unlink, "/usr/bin/tool", Errno.EROFS)]
    [InlineData(CallNumber.Rmdir, "/usr/bin", Errno.EBUSY)]
    [InlineData(CallNumber.Rmdir, "/work", Errno.EBUSY)]
    [InlineData(CallNumber.Rmdir, "/work/deep", Errno.EBUSY)]
    [InlineData(CallNumber.Unlink, "/dev/null", Errno.EROFS)]
    [InlineData(CallNumber.Chmod, "/usr/bin/tool", Errno.EROFS)]
    [InlineData(CallNumber.Chmod, "/usr/bin/missing", Errno.ENOENT)]
    [InlineData(CallNumber.Truncate, "/usr/bin/tool", Errno.EROFS)]
    [InlineData(CallNumber.Truncate, "/usr", Errno.EISDIR)]
    [InlineData(CallNumber.Mknod, "/work/node", Errno.EPERM)]
    public void Change_WhereNothingMayChange_SaysWhy(CallNumber id, string path, Errno expected)
    {
        Assert.Equal(expected.ToResult(), _guest.Call(id, _guest.Put(path)));
        Assert.True(File.Exists(_folder["bin/tool"]));
    }

    [Theory]
    [InlineData("/usr/bin/tool", 1, Errno.EROFS)]
    [InlineData("/usr/bin/tool", 0x200, Errno.EROFS)]
    [InlineData("/usr/bin/tool", 0xC0, Errno.EEXIST)]
    [InlineData("/usr/bin/new", 0x41, Errno.EROFS)]
    [InlineData("/usr/bin/new", 1, Errno.ENOENT)]
    [InlineData("/usr/bin", 1, Errno.EISDIR)]
    [InlineData("/usr", 1, Errno.EISDIR)]
    [InlineData("/usr/new", 0x41, Errno.EROFS)]
    public void Open_ForChangeWhereNothingMayChange_SaysWhy(string path, int flags, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Open(path, flags));

    [Fact]
    public void Open_CreateOfWhatExistsReadOnly_OpensIt() => Assert.True(_guest.Open("/usr/bin/tool", 0x40) >= 0);

    [Fact]
    public void Rename_BetweenMappings_IsExdev() => Assert.Equal(
        Errno.EXDEV.ToResult(), _guest.Call(CallNumber.Rename, _guest.Put("/work/file"), _guest.Put("/usr/bin/file")));

    [Fact]
    public void Chmod_SetIdBits_AreLeftOut()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Chmod, _guest.Put("/work/file"), 0xFED));
        Assert.Equal((0L, 0x83EDu), Status(CallNumber.Stat, "/work/file"));
    }

    [Fact]
    public void Chdir_ThenRelativePaths_AreFoundThere()
    {
        Assert.Equal("/", CurrentDirectory());
        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put("usr/bin")));
        Assert.Equal(("/usr/bin", "tool"), (CurrentDirectory(), Content("tool")));
        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put("../..")));
        Assert.Equal(0, _guest.Call(CallNumber.Fchdir, (ulong)_guest.Open("/work/sub", Directory)));
        Assert.Equal(("/work/sub", "file"), (CurrentDirectory(), Content("../file")));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Chdir, _guest.Put("/work/file")));
        Assert.Equal(Errno.ERANGE.ToResult(), _guest.Call(CallNumber.Getcwd, _guest.Room(16), 9));
    }

    [Fact]
    public void Openat_RelativeToADirectory_FollowsItsRename()
    {
        var fd = (ulong)_guest.Open("/work/sub", Directory);
        Assert.Equal(0, _guest.Call(CallNumber.Rename, _guest.Put("/work/sub"), _guest.Put("/work/moved")));

        Assert.True(_guest.Call(CallNumber.Openat, fd, _guest.Put("new"), 0x42, 0x1A4) >= 0);
        Assert.True(File.Exists(_folder["work/moved/new"]));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Openat, (ulong)_guest.Open("/work/file"), _guest.Put("x"), 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Openat, 99, _guest.Put("x"), 0));
    }

    [Fact]
    public void Newfstatat_EmptyPath_IsTheDescriptors()
    {
        var fd = (ulong)_guest.Open("/work/file");
        var status = _guest.Room(144);

        Assert.Equal(0, _guest.Call(CallNumber.Newfstatat, fd, _guest.Put(""), status, 0x1000));
        Assert.Equal(4, _guest.Get<stat_t>(status).st_size);
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Call(CallNumber.Newfstatat, fd, _guest.Put(""), status, 0));
        Assert.Equal(0, _guest.Call(CallNumber.Statx, fd, _guest.Put(""), 0x1000, 0x7FF, _guest.Room(256)));
    }

    [Fact]
    public void Devices_ReadAndWriteAsTheyDo()
    {
        var (zero, nothing, random) = ((ulong)_guest.Open("/dev/zero", 2), (ulong)_guest.Open("/dev/null", 2), (ulong)_guest.Open("/dev/urandom"));
        var buffer = _guest.Put("xxxxxxxxxxxxxxxx");

        Assert.Equal((16L, 16L, 0L), (_guest.Call(CallNumber.Read, random, buffer, 16), _guest.Call(CallNumber.Write, nothing, buffer, 16), _guest.Call(CallNumber.Read, nothing, buffer, 16)));
        Assert.NotEqual("xxxxxxxxxxxxxxxx", _guest.Text(buffer, 16));
        Assert.Equal((16L, new string('\0', 16)), (_guest.Call(CallNumber.Read, zero, buffer, 16), _guest.Text(buffer, 16)));
        Assert.Equal(Errno.ENOSPC.ToResult(), _guest.Call(CallNumber.Write, (ulong)_guest.Open("/dev/full", 1), buffer, 1));
        Assert.Equal((3L, "out"), (_guest.Call(CallNumber.Write, (ulong)_guest.Open("/dev/stdout", 1), _guest.Put("out"), 3), _guest.Output.Text()));
    }

    // Whatever names come together, nothing outside the mapping is read or changed.
    [Fact]
    public void Paths_AtRandom_NeverLeaveTheMapping()
    {
        string[] parts = ["..", ".", "work", "sub", "out", "abs", "", "etc", "secret", "up", "bin", "link", "proc", "self", "root"];
        _folder.AddLink("work/up", "../..");
        _folder.AddLink("work/sub/link", "../../secret");
        var random = new Random(1);
        for (var index = 0; index < 20_000; index++)
        {
            _guest.Rewind();
            var path = "/work/" + string.Join('/', Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)]));
            var fd = _guest.Open(path, random.Next(4) == 0 ? 2 : 0);
            if (fd < 0)
            {
                _guest.Call(random.Next(2) == 0 ? CallNumber.Truncate : CallNumber.Unlink, _guest.Put(path.Contains("secret", StringComparison.Ordinal) ? path : path + "/secret"), 0);
                continue;
            }

            var buffer = _guest.Room(64);
            var read = _guest.Call(CallNumber.Read, (ulong)fd, buffer, 64);
            Assert.False(read > 0 && _guest.Text(buffer, read).StartsWith("secret", StringComparison.Ordinal), path);
            _guest.Call(CallNumber.Close, (ulong)fd);
        }

        Assert.Equal("secret", File.ReadAllText(_folder["secret"]));
    }

    [Fact]
    public void Open_NamesTooLong_IsEnametoolong()
    {
        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), _guest.Open("/work/" + new string('x', 256), 0x42));
        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), _guest.Open("/" + new string('x', 4096)));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Open("/work/" + new string('x', 255)));
    }

    private string Content(string path)
    {
        var buffer = _guest.Room(64);
        return _guest.Text(buffer, _guest.Call(CallNumber.Read, (ulong)_guest.Open(path), buffer, 64));
    }

    private string CurrentDirectory()
    {
        var buffer = _guest.Room(64);
        return _guest.Text(buffer, _guest.Call(CallNumber.Getcwd, buffer, 64) - 1);
    }

    private (long Result, uint Mode) Status(CallNumber id, string path)
    {
        var status = _guest.Room(144);
        return (_guest.Call(id, _guest.Put(path), status), _guest.Get<stat_t>(status).st_mode);
    }

    private List<string> List(string path)
    {
        var fd = (ulong)_guest.Open(path, Directory);
        var names = List(fd, 4096);
        _guest.Call(CallNumber.Close, fd);
        return names;
    }

    private List<string> List(ulong fd, int size)
    {
        var names = new List<string>();
        var buffer = _guest.Room(size);
        for (long bytes; (bytes = _guest.Call(CallNumber.Getdents64, fd, buffer, (ulong)size)) != 0;)
        {
            Assert.True(bytes > 0, $"{bytes}");
            var entries = _guest.Bytes(buffer, (int)bytes);
            while (!entries.IsEmpty)
            {
                var length = BinaryPrimitives.ReadUInt16LittleEndian(entries[16..]);
                var name = entries[19..length];
                names.Add(Encoding.Latin1.GetString(name[..name.IndexOf((byte)0)]));
                entries = entries[length..];
            }
        }

        return names;
    }
}
