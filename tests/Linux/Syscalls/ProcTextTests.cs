using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Boot;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class ProcTextTests : IDisposable
{
    private const ulong Kernel = 0x80_0000_0000, Ring = 0x1000, Present = 1, Writable = 2, NoExecute = 1UL << 63;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public ProcTextTests()
    {
        _folder.AddFile("bin/tool", "tool");
        _folder.AddFile("bin/interpreter", "interpreter");
        _folder.AddLink("bin/link", "interpreter");
        _folder.AddFolder("a b");
        _guest = new SyscallGuest(
            [
                new FileMapping("/usr/bin", _folder["bin"], MappingAccess.Read),
                new FileMapping("/work/a b", _folder["a b"], MappingAccess.ReadWrite),
            ],
            program: "/usr/bin/tool");
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Read_NothingIsKnownOfTheProgram_IsEmptyOrSaysLittle()
    {
        Assert.Equal("", Read("/proc/self/maps"));
        Assert.Equal("", Read("/proc/self/cmdline"));
        Assert.StartsWith("1 () R 0 1 1 ", Read("/proc/self/stat"), StringComparison.Ordinal);
        Assert.StartsWith("Name:\t\n", Read("/proc/self/status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Maps_AreTheAreasAsLinuxWritesThem()
    {
        PutAreas((0x40_0000, 0x40_1000, Present | 0), (0x60_0000, 0x62_0000, Present | Writable | NoExecute), (0x7F_FF80_0000, 0x80_0000_0000, Present | Writable | NoExecute), (0x80_0000_0000, 0x80_0000_1000, 0));
        PutInfo(areas: Ring, heap: 0x61_0000, stackPointer: 0x7F_FFFF_F000);

        Assert.Equal(
            [
                "00400000-00401000 r-xp 00000000 00:00 0 ",
                "00600000-00620000 rw-p 00000000 00:00 0" + new string(' ', 34) + "[heap]",
                "7fff800000-8000000000 rw-p 00000000 00:00 0" + new string(' ', 30) + "[stack]",
                "8000000000-8000001000 ---p 00000000 00:00 0 ",
                "",
            ],
            Read("/proc/self/maps").Split('\n'));
        Assert.Equal((0x1000 + 0x2_0000 + 0x80_0000 + 0x1000).ToString(System.Globalization.CultureInfo.InvariantCulture), Read("/proc/self/stat").Split(' ')[22]);
    }

    [Fact]
    public void Read_RingWithoutEnd_Ends()
    {
        // One that leads to itself, and one that leads nowhere.
        PutAreas((0x1000, 0x2000, Present));
        Put(Ring + 0x100, Kernel + Ring + 0x100);
        PutInfo(areas: Ring);
        Assert.Single(Read("/proc/self/maps").Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Put(Ring, 0xFFFF_FFFF_FFFF_FF00);
        Assert.Equal("", Read("/proc/self/maps"));
    }

    [Fact]
    public void Read_CommandLineAndNames_AreTheProgramsOwn()
    {
        const ulong Texts = 0x1800, Pointers = 0x1900, Above = 0x7F_0000_0000;
        Bytes(Texts, "one\0two words\0na\u00FFme\0");
        Put(Pointers, Texts + Above);
        Put(Pointers + 8, Texts + 4 + Above);
        PutInfo(argv: Pointers, argc: 2, stackOffset: Above, name: Texts + 14);

        Assert.Equal("one\0two words\0", Read("/proc/self/cmdline"));
        Assert.Contains("Name:\tna\u00FFme\n", Read("/proc/self/status"), StringComparison.Ordinal);
        Assert.StartsWith("1 (na\u00FFme) R", Read("/proc/self/stat"), StringComparison.Ordinal);

        Put(Pointers + 8, ulong.MaxValue);
        Assert.Equal("one\0", Read("/proc/self/cmdline"));
    }

    [Fact]
    public void Exe_OfAScript_IsTheInterpreterWithoutItsLinks()
    {
        Bytes(0x1800, "usr/bin/link\0");
        PutInfo(path: 0x1800);
        var buffer = _guest.Room(64);

        Assert.Equal("interpreter", _guest.Content("/proc/self/exe"));
        Assert.Equal("/usr/bin/interpreter", _guest.Text(buffer, _guest.Call(CallNumber.Readlink, _guest.Put("/proc/self/exe"), buffer, 64)));
    }

    [Fact]
    public void Read_Mounts_AreTheMappings()
    {
        const string Expected = "none / tmpfs ro 0 0\nkvmactors /usr/bin kvmactors ro,nosuid,nodev 0 0\nkvmactors /work/a\\040b kvmactors rw,nosuid,nodev 0 0\nproc /proc proc ro,nosuid,nodev,noexec 0 0\n";

        Assert.Equal(Expected, Read("/proc/self/mounts"));
        Assert.Equal(Expected, Read("/proc/mounts"));
    }

    [Fact]
    public void Read_TheMachine_IsWhatItsCallsSay()
    {
        Assert.StartsWith("MemTotal:           4096 kB\n", Read("/proc/meminfo"), StringComparison.Ordinal);
        Assert.Single(Read("/proc/cpuinfo").Split('\n'), line => line.StartsWith("processor\t:", StringComparison.Ordinal));
    }

    [Fact]
    public void Fd_HoldsWhatIsOpen()
    {
        var fd = _guest.Open("/usr/bin/tool");
        var buffer = _guest.Room(64);

        Assert.Equal(3, fd);
        Assert.Equal("/usr/bin/tool", _guest.Text(buffer, _guest.Call(CallNumber.Readlink, _guest.Put("/proc/self/fd/3"), buffer, 64)));
        Assert.Equal((0L, 0xA1C0u), _guest.Mode(CallNumber.Lstat, "/proc/self/fd/3"));
        Assert.Equal((0L, 0x8000u), _guest.Mode(CallNumber.Stat, "/proc/self/fd/3") is var (result, mode) ? (result, mode & 0xF000) : default);
        Assert.Equal("tool", _guest.Content("/proc/self/fd/3"));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Mode(CallNumber.Lstat, "/proc/self/fd/9").Result);
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Mode(CallNumber.Lstat, "/proc/self/fd/03").Result);
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Open("/proc/self/fd/9"));

        var entries = _guest.Room(1024);
        var bytes = _guest.Call(CallNumber.Getdents64, (ulong)_guest.Open("/proc/self/fd"), entries, 1024);
        var text = _guest.Text(entries, bytes);
        Assert.All((string[])["0", "1", "2", "3"], name => Assert.Contains($"\n{name}\0", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_ForWriting_IsEacces()
    {
        Assert.Equal(Errno.EACCES.ToResult(), _guest.Open("/proc/self/maps", 1));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Open("/proc/self/maps", 0x1_0000));
        Assert.Equal((0L, 0x8124u), _guest.Mode(CallNumber.Stat, "/proc/self/maps"));
    }

    [Fact]
    public void Read_InPieces_GoesOnWhereItWas()
    {
        var text = Read("/proc/meminfo");
        var fd = (ulong)_guest.Open("/proc/meminfo");
        var buffer = _guest.Room(64);

        Assert.Equal(text[..10], _guest.Text(buffer, _guest.Call(CallNumber.Read, fd, buffer, 10)));
        Assert.Equal(text[10..20], _guest.Text(buffer, _guest.Call(CallNumber.Read, fd, buffer, 10)));
        Assert.Equal(text[5..15], _guest.Text(buffer, _guest.Call(CallNumber.Pread64, fd, buffer, 10, 5)));
        Assert.Equal(text.Length, _guest.Call(CallNumber.Lseek, fd, 0, 2));
        Assert.Equal(0, _guest.Call(CallNumber.Read, fd, buffer, 10));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Lseek, fd, unchecked((ulong)-1), 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Write, fd, buffer, 1));
    }

    [Fact]
    public void Open_MoreThanMayBeKept_IsEnomemUntilOneIsClosed()
    {
        const ulong Text = 0x30_0000, Pointers = 0x31_0000, Count = 400;
        Bytes(Text, new string('x', 4000) + "\0");
        for (ulong index = 0; index < Count; index++)
        {
            Put(Pointers + (index * sizeof(ulong)), Text);
        }

        PutInfo(argv: Pointers, argc: Count);
        var open = new List<long>();
        while (open.Count < 50 && _guest.Open("/proc/self/cmdline") is >= 0 and var fd)
        {
            open.Add(fd);
        }

        Assert.InRange(open.Count, 16, 49);
        Assert.Equal(Errno.ENOMEM.ToResult(), _guest.Open("/proc/self/cmdline"));
        _guest.Call(CallNumber.Close, (ulong)open[0]);
        Assert.Equal(open[0], _guest.Open("/proc/self/cmdline"));
    }

    private string Read(string path)
    {
        const int Room = 4096;
        _guest.Rewind();
        var fd = _guest.Open(path);
        Assert.True(fd >= 0, $"{path}: {fd}");
        var buffer = _guest.Room(Room);
        var text = _guest.Text(buffer, _guest.Call(CallNumber.Read, (ulong)fd, buffer, Room));
        _guest.Call(CallNumber.Close, (ulong)fd);
        return text;
    }

    private void Put(ulong address, ulong value) => Assert.True(_guest.Memory.TryWriteBytes(new GuestPhysAddr(address), BitConverter.GetBytes(value)));

    private void Bytes(ulong address, string text) => Assert.True(_guest.Memory.TryWriteBytes(new GuestPhysAddr(address), Encoding.Latin1.GetBytes(text)));

    private void PutInfo(ulong areas = 0, ulong path = 0, ulong argv = 0, ulong argc = 0, ulong stackOffset = 0, ulong heap = 0, ulong name = 0, ulong stackPointer = 0)
    {
        foreach (var (index, word) in ((ulong[])[Kernel, areas, path, argv, argc, stackOffset, heap, name, stackPointer]).Index())
        {
            Put(MemoryLayout.ProgramInfo + ((ulong)index * sizeof(ulong)), word);
        }
    }

    // As the guest kernel has them: a ring, by its own addresses.
    private void PutAreas(params (ulong Start, ulong End, ulong Bits)[] areas)
    {
        const ulong Size = 0x100;
        for (var index = 0; index <= areas.Length; index++)
        {
            var place = Ring + ((ulong)index * Size);
            Put(place, Kernel + (index == areas.Length ? Ring : place + Size));
            if (index > 0)
            {
                Put(place + 16, areas[index - 1].Start);
                Put(place + 24, areas[index - 1].End);
                Put(place + 32, areas[index - 1].Bits);
            }
        }
    }
}
