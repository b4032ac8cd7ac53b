using System.Buffers.Binary;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class FileCallsTests : IDisposable
{
    private const int Directory = 0x1_0000;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public FileCallsTests()
    {
        _folder.AddFile("work/sub/digits", "0123456789");
        _guest = SyscallGuest.WithMappings(_folder);
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

    [Fact]
    public void Seek_ThenRead_ContinuesThere()
    {
        var fd = (ulong)_guest.Open("/work/sub/digits");
        var buffer = _guest.Room(16);

        Assert.Equal((9L, 1L, "9"), (_guest.Call(CallNumber.Lseek, fd, ulong.MaxValue, 2), _guest.Call(CallNumber.Read, fd, buffer, 5), _guest.Text(buffer, 1)));
        Assert.Equal(
            (Errno.EINVAL.ToResult(), Errno.EINVAL.ToResult()),
            (_guest.Call(CallNumber.Lseek, fd, ulong.MaxValue, 0), _guest.Call(CallNumber.Lseek, fd, 0, 77)));
    }

    [Theory]
    [InlineData(CallNumber.Fstat)]
    [InlineData(CallNumber.Fstatfs)]
    [InlineData(CallNumber.Lseek)]
    [InlineData(CallNumber.Ftruncate)]
    [InlineData(CallNumber.Fsync)]
    [InlineData(CallNumber.Fdatasync)]
    [InlineData(CallNumber.Syncfs)]
    [InlineData(CallNumber.Fchmod)]
    [InlineData(CallNumber.Fchown)]
    [InlineData(CallNumber.Fadvise64)]
    [InlineData(CallNumber.Readahead)]
    [InlineData(CallNumber.Flock)]
    [InlineData(CallNumber.Getdents64)]
    public void Call_NumberThatIsNotOpen_IsEbadf(CallNumber id)
    {
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, 99, SyscallGuest.User));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, ulong.MaxValue, SyscallGuest.User));
    }

    [Fact]
    public void Call_DescriptorOfAPath_IsGoodForStatusOnly()
    {
        var fd = (ulong)_guest.Open("/work/file", 0x20_0000);

        Assert.Equal((0L, 0L), (_guest.Call(CallNumber.Fstat, fd, _guest.Room(144)), _guest.Call(CallNumber.Fstatfs, fd, _guest.Room(120))));
        Assert.All(
            [CallNumber.Lseek, CallNumber.Ftruncate, CallNumber.Fsync, CallNumber.Fchmod, CallNumber.Fchown, CallNumber.Flock, CallNumber.Getdents64],
            id => Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, fd, 0, 0)));
    }

    [Theory]
    [InlineData(CallNumber.Fstat)]
    [InlineData(CallNumber.Fstatfs)]
    public void Call_ResultMissing_IsEfault(CallNumber id) =>
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(id, (ulong)_guest.Open("/work/file"), 0x1000_0000));

    [Fact]
    public void Fchmod_OnlyInAWritableMapping_ChangesTheFile()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Fchmod, (ulong)_guest.Open("/work/file"), 0x180));
        Assert.Equal((0L, 0x8180u), _guest.Mode(CallNumber.Stat, "/work/file"));
        Assert.Equal(Errno.EROFS.ToResult(), _guest.Call(CallNumber.Fchmod, (ulong)_guest.Open("/usr/bin/tool"), 0x180));
        Assert.Equal(Errno.EROFS.ToResult(), _guest.Call(CallNumber.Fchown, (ulong)_guest.Open("/usr/bin/tool"), 0, 0));
        Assert.Equal(Errno.EPERM.ToResult(), _guest.Call(CallNumber.Fchmod, 1, 0x180));
    }

    [Fact]
    public void Ftruncate_Lengths_AreCheckedAndTaken()
    {
        var fd = (ulong)_guest.Open("/work/file", 2);

        Assert.Equal((0L, "fi"), (_guest.Call(CallNumber.Ftruncate, fd, 2), File.ReadAllText(_folder["work/file"])));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Ftruncate, fd, ulong.MaxValue));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Ftruncate, (ulong)_guest.Open("/work/file"), 0));
        Assert.Equal("fi", File.ReadAllText(_folder["work/file"]));
    }

    [Theory]
    [InlineData("/work/file", 0, 0, 10, Errno.EBADF)]
    [InlineData("/work/file", 2, -1, 10, Errno.EINVAL)]
    [InlineData("/work/file", 2, 0, 0, Errno.EINVAL)]
    [InlineData("/work/file", 2, long.MaxValue, 10, Errno.EFBIG)]
    [InlineData("/usr/bin/tool", 0, 0, 10, Errno.EBADF)]
    [InlineData("/work", 0x1_0000, 0, 10, Errno.EBADF)]
    [InlineData("/dev/null", 2, 0, 10, Errno.ENODEV)]
    public void Fallocate_WhatCannotBe_SaysWhy(string path, int flags, long offset, long length, Errno expected) =>
        Assert.Equal(expected.ToResult(), Allocate(_guest, _guest.Open(path, flags), 0, offset, length));

    [Fact]
    public void Fallocate_Modes_ChangeTheFileAsTheySay()
    {
        var fd = _guest.Open("/work/sub/digits", 2);

        Assert.Equal((0L, 10L), (Allocate(_guest, fd, 1, 0, 10_000), new FileInfo(_folder["work/sub/digits"]).Length));
        Assert.Equal((0L, 5000L), (Allocate(_guest, fd, 0, 4000, 1000), new FileInfo(_folder["work/sub/digits"]).Length));
        Assert.All([8, 0x20, 0x40, 2, 0x13, 0x4000_0000], mode => Assert.Equal(Errno.EOPNOTSUPP.ToResult(), Allocate(_guest, fd, mode, 0, 4096)));
        Assert.Equal("0123456789", File.ReadAllText(_folder["work/sub/digits"])[..10]);
        Assert.Contains(Allocate(_guest, fd, 3, 0, 5), new List<long> { 0, Errno.EOPNOTSUPP.ToResult() });
        Assert.Equal("56789", File.ReadAllText(_folder["work/sub/digits"])[5..10]);
    }

    [Fact]
    public void Fallocate_Pipe_IsEspipe() => Assert.Equal(Errno.ESPIPE.ToResult(), Allocate(_guest, (long)_guest.Pipe().Writer, 0, 0, 10));

    [Fact]
    public void Fallocate_MoreThanAllowed_IsRefused()
    {
        using var guest = SyscallGuest.With(_folder, limits: new FileLimits { BytesAllocated = 4 * 4096, FileSize = 100_000 });
        var fd = guest.Open("/data/new", 0x42);

        // The name took one block.
        Assert.Equal((0L, 0L), (Allocate(guest, fd, 0, 0, 2 * 4096), Allocate(guest, fd, 0, 0, 2 * 4096)));
        Assert.Equal(Errno.ENOSPC.ToResult(), Allocate(guest, fd, 0, 0, 4 * 4096));
        Assert.Equal(Errno.EFBIG.ToResult(), Allocate(guest, fd, 0, 0, 100_001));
        Assert.Equal(0, Allocate(guest, fd, 0, 0, 3 * 4096));

        // What was given back is paid for again.
        if (Allocate(guest, fd, 3, 0, 4096) == 0)
        {
            Assert.Equal(Errno.ENOSPC.ToResult(), guest.Call(CallNumber.Pwrite64, (ulong)fd, guest.Put("x"), 1, 0));
        }
    }

    [Theory]
    [InlineData("/work/new", 0x8000u, Errno.None)]
    [InlineData("/work/new", 0u, Errno.None)]
    [InlineData("/work/new", 0xC000u, Errno.EPERM)]
    [InlineData("/work/new", 0x2000u, Errno.EPERM)]
    [InlineData("/work/new", 0xF000u, Errno.EINVAL)]
    [InlineData("/work/file", 0x8000u, Errno.EEXIST)]
    [InlineData("/work/out", 0x8000u, Errno.EEXIST)]
    [InlineData("/work/missing/new", 0x8000u, Errno.ENOENT)]
    [InlineData("/usr/bin/new", 0x8000u, Errno.EROFS)]
    [InlineData("/new", 0x8000u, Errno.EROFS)]
    public void Mknod_RegularFile_IsMade(string path, uint type, Errno expected)
    {
        Assert.Equal(expected.ToResult(), _guest.Call((CallNumber)133, _guest.Put(path), type | 0x1B6));
        if (expected == Errno.None)
        {
            Assert.Equal((0L, 0x81A4u), _guest.Mode(CallNumber.Stat, path));
            Assert.Equal(Errno.EEXIST.ToResult(), _guest.Call((CallNumber)259, 0, _guest.Put(path), type | 0x1B6));
        }
    }

    [Fact]
    public void Mknod_Fifo_CarriesBytes()
    {
        Assert.Equal(0, _guest.Call((CallNumber)133, _guest.Put("/work/pipe"), 0x1000 | 0x180));
        Assert.Equal((0L, 0x1180u), _guest.Mode(CallNumber.Stat, "/work/pipe"));
        Assert.Equal(Errno.EROFS.ToResult(), _guest.Call((CallNumber)133, _guest.Put("/usr/bin/pipe"), 0x1000 | 0x180));
        Assert.Equal(Errno.ENXIO.ToResult(), _guest.Open("/work/pipe", 1));
        var (reader, writer) = (_guest.Open("/work/pipe"), _guest.Open("/work/pipe", 1));
        Assert.Equal(3, _guest.Call(CallNumber.Write, (ulong)writer, _guest.Put("abc"), 3));
        var buffer = _guest.Room(8);
        Assert.Equal((3L, "abc"), (_guest.Call(CallNumber.Read, (ulong)reader, buffer, 8), _guest.Text(buffer, 3)));
        Assert.Equal(Errno.ESPIPE.ToResult(), Allocate(_guest, writer, 0, 0, 10));
    }

    private static long Allocate(SyscallGuest guest, long fd, int mode, long offset, long length) =>
        guest.Call(CallNumber.Fallocate, (ulong)fd, (ulong)mode, (ulong)offset, (ulong)length);

    [Theory]
    [InlineData(CallNumber.Flock, 16, 0, 0)]
    [InlineData(CallNumber.Lseek, 0, 5, 0)]
    [InlineData(CallNumber.Lseek, 0, uint.MaxValue, 0)]
    [InlineData(CallNumber.Fadvise64, 0, ulong.MaxValue, 0)]
    [InlineData(CallNumber.Fadvise64, 0, 0, 6)]
    public void Call_ValueThatIsNone_IsEinval(CallNumber id, ulong second, ulong third, ulong fourth) =>
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(id, (ulong)_guest.Open("/work/file"), second, third, fourth));

    [Theory]
    [InlineData("getpeername")]
    [InlineData("getsockname")]
    [InlineData("getsockopt")]
    [InlineData("setsockopt")]
    public void Call_OnWhatIsNoSocket_SaysSo(string name)
    {
        var call = (CallNumber)SyscallNames.NumberOf(name);

        Assert.Equal(-88, _guest.Call(call, 0, 0, 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(call, 99, 0, 0));
    }

    [Fact]
    public void Getdents64_File_IsEnotdir() =>
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Getdents64, (ulong)_guest.Open("/work/file"), _guest.Room(256), 256));

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
