using System.Runtime.InteropServices;
using System.Text;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>
/// Random sequences of calls, made by a guest on one folder and by this process on another: results, data and, in the end, the
/// folders must be the same.
/// </summary>
public sealed unsafe class NativeComparisonTests : IDisposable
{
    private const int Steps = 400, BufferBytes = 8192, NoDescriptor = 4000;

    private static readonly string[] Names =
        ["a", "b", "d", "d/x", "d/y", "d/e", "d/e/z", "link", "dlink", "dlink/x", "missing/x", "a/x", "d/", "a/", "d/.", "dlink/", "loop", "new", "new/", ".",
         "dlink/..", "d/e/../x", "link/..", "missing/../a", "d/../link", "elink/x", "elink/../x", "elink/../e/z", "d/..", "elink/z/..", "nowhere", "nowhere/", "./a", "d/e/z/", "d/e/new", "d/e/new/", "d/e/z/..", "d/e/z/.", "d/e/link", "d//e/z"];

    private readonly TempFolder _ours = new(), _theirs = new();
    private readonly byte* _buffer = (byte*)NativeMemory.AllocZeroed(BufferBytes * 4);
    private readonly SyscallGuest _guest;
    private readonly List<(long Guest, long Native)> _open = [];
    private readonly List<string> _log = [];

    public NativeComparisonTests()
    {
        foreach (var folder in (TempFolder[])[_ours, _theirs])
        {
            folder.AddFile("a", "content of a");
            folder.AddFile("b", new string('b', 5000));
            folder.AddFile("d/x", "x");
            folder.AddFolder("d/e");
            folder.AddLink("link", "a");
            folder.AddLink("dlink", "d");
            folder.AddLink("loop", "loop");
            folder.AddLink("elink", "d/./e");
            folder.AddLink("d/e/link", "z");
            folder.AddLink("nowhere", "d/../d/nothing");
        }

        _guest = SyscallGuest.With(_ours);
    }

    public void Dispose()
    {
        foreach (var (_, native) in _open)
        {
            NativeCalls.Call(3, (nint)native);
        }

        _guest.Dispose();
        _ours.Dispose();
        _theirs.Dispose();
        NativeMemory.Free(_buffer);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("SEEDS") ?? "20"))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Calls_RandomSequences_AnswerAsTheKernelDoes(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < Steps; step++)
        {
            _guest.Rewind();
            Step(random);
        }

        Assert.Equal(Tree(_theirs.Root), Tree(_ours.Root));
    }

    private static List<string> Tree(string root) =>
    [
        .. Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/loop", StringComparison.Ordinal))
            .Select(path =>
            {
                var info = new FileInfo(path);
                var content = info.LinkTarget ?? (File.Exists(path) && info.Length < 100_000 ? Convert.ToBase64String(File.ReadAllBytes(path)) : $"{info.UnixFileMode}");
                return $"{path[root.Length..]} {info.UnixFileMode} {content}";
            }).Order(StringComparer.Ordinal),
    ];

    private void Step(Random random)
    {
        var name = Names[random.Next(Names.Length)];
        var other = Names[random.Next(Names.Length)];
        switch (random.Next(30))
        {
            case 0 or 1 or 2:
                Open(name, RandomFlags(random), (uint)random.Next(0x200));
                break;
            case 3:
                Close(random);
                break;
            case 4 or 5:
                Write(random, CallNumber.Write, 0);
                break;
            case 6:
                Write(random, CallNumber.Pwrite64, random.Next(-1, 10_000));
                break;
            case 7 or 8:
                Read(random, CallNumber.Read, 0);
                break;
            case 9:
                Read(random, CallNumber.Pread64, random.Next(-1, 10_000));
                break;
            case 10:
                Both($"lseek", random, CallNumber.Lseek, (ulong)(long)random.Next(-100, 9000), (ulong)random.Next(6));
                break;
            case 11:
                Both("ftruncate", random, CallNumber.Ftruncate, (ulong)(long)random.Next(-10, 9000));
                break;
            case 12:
                Path("mkdir", CallNumber.Mkdir, name, (ulong)random.Next(0x200));
                break;
            case 13:
                Path("rmdir", CallNumber.Rmdir, name);
                break;
            case 14:
                Path("unlink", CallNumber.Unlink, name);
                break;
            case 15:
                TwoPaths("rename", CallNumber.Rename, name, other);
                break;
            case 16:
                TwoPaths("link", CallNumber.Link, name.TrimEnd('/'), other);
                break;
            case 17:
                Symlink(random.Next(3) == 0 ? "d/e" : "a", name);
                break;
            case 18:
                Path("chmod", CallNumber.Chmod, name, (ulong)random.Next(0x400));
                break;
            case 19:
                Path("truncate", CallNumber.Truncate, name, (ulong)(long)random.Next(-10, 9000));
                break;
            case 20 or 21:
                Status(random.Next(2) == 0 ? CallNumber.Stat : CallNumber.Lstat, name);
                break;
            case 22:
                Path("access", CallNumber.Access, name, (ulong)random.Next(9));
                break;
            case 23:
                ReadLink(name, random.Next(0, 3));
                break;
            case 24:
                Duplicate(random);
                break;
            case 25:
                Both("fcntl getfl", random, CallNumber.Fcntl, 3);
                break;
            case 26:
                Both(random.Next(2) == 0 ? "setfl append" : "setfl", random, CallNumber.Fcntl, 4, random.Next(2) == 0 ? 0x400UL : 0);
                break;
            case 27:
                Fallocate(random);
                break;
            case 28:
                Path("mknod", (CallNumber)133, name, ((uint)random.Next(4) switch { 0 => 0u, 1 => 0x4000u, 2 => 0xF000u, _ => 0x8000u }) | (uint)random.Next(0x200));
                break;
            default:
                Directory_(random);
                break;
        }
    }

    private static int RandomFlags(Random random)
    {
        var flags = random.Next(3);
        foreach (var flag in (ReadOnlySpan<int>)[0x40, 0x80, 0x200, 0x400, 0x1_0000, 0x2_0000, 0x20_0000, 0x8_0000])
        {
            flags |= random.Next(5) == 0 ? flag : 0;
        }

        // Kernels differ about making directories (openat2(2) says no where open(2) looks away).
        return (flags & 0x1_0040) == 0x1_0040 ? flags & ~0x40 : flags;
    }

    private void Open(string name, int flags, uint mode)
    {
        var guest = _guest.Call(CallNumber.Open, _guest.Put("/data/" + name), (ulong)flags, mode);
        var native = NativeCalls.Call(2, Native(name), flags, (nint)mode);

        Same($"open {name} 0x{flags:x} {Convert.ToString(mode, 8)}", Math.Min(guest, 0), Math.Min(native, 0));
        if (guest >= 0 && native >= 0)
        {
            if (_open.Count > 20)
            {
                Same("close", _guest.Call(CallNumber.Close, (ulong)guest), NativeCalls.Call(3, (nint)native));
            }
            else
            {
                _open.Add((guest, native));
            }
        }
    }

    private (long Guest, long Native) Pick(Random random) => _open.Count == 0 || random.Next(20) == 0 ? (NoDescriptor, NoDescriptor) : _open[random.Next(_open.Count)];

    private void Close(Random random)
    {
        var (guest, native) = Pick(random);
        Same("close", _guest.Call(CallNumber.Close, (ulong)guest), NativeCalls.Call(3, (nint)native));
        _open.Remove((guest, native));
    }

    private void Write(Random random, CallNumber id, long offset)
    {
        var fd = Pick(random);
        var bytes = new byte[random.Next(3000)];
        random.NextBytes(bytes);
        bytes.CopyTo(new Span<byte>(_buffer, BufferBytes));
        Same($"{id} {bytes.Length} at {offset}",
            _guest.Call(id, (ulong)fd.Guest, _guest.Put(bytes), (ulong)bytes.Length, (ulong)offset),
            NativeCalls.Call((int)id, (nint)fd.Native, (nint)_buffer, bytes.Length, (nint)offset));
    }

    private void Read(Random random, CallNumber id, long offset)
    {
        var fd = Pick(random);
        var length = random.Next(BufferBytes);
        var address = _guest.Room(BufferBytes);
        new Span<byte>(_buffer, BufferBytes).Clear();
        Same($"{id} {length} at {offset}",
            _guest.Call(id, (ulong)fd.Guest, address, (ulong)length, (ulong)offset),
            NativeCalls.Call((int)id, (nint)fd.Native, (nint)_buffer, length, (nint)offset));
        Assert.True(_guest.Bytes(address, BufferBytes).SequenceEqual(new Span<byte>(_buffer, BufferBytes)), Log());
    }

    private void Both(string what, Random random, CallNumber id, ulong second, ulong third = 0)
    {
        var fd = Pick(random);
        Same($"{what} {second:x} {third:x}", _guest.Call(id, (ulong)fd.Guest, second, third), NativeCalls.Call((int)id, (nint)fd.Native, (nint)second, (nint)third));
    }

    private void Fallocate(Random random)
    {
        var fd = Pick(random);
        var (mode, offset, length) = (random.Next(4), random.Next(-10, 9000), random.Next(-10, 9000));
        Same($"fallocate {mode} {offset} {length}",
            _guest.Call(CallNumber.Fallocate, (ulong)fd.Guest, (ulong)mode, (ulong)(long)offset, (ulong)(long)length),
            NativeCalls.Call(285, (nint)fd.Native, mode, offset, length));
    }

    private void Duplicate(Random random)
    {
        var fd = Pick(random);
        var (guest, native) = (_guest.Call(CallNumber.Dup, (ulong)fd.Guest), NativeCalls.Call(32, (nint)fd.Native));
        Same("dup", Math.Min(guest, 0), Math.Min(native, 0));
        if (guest >= 0)
        {
            _open.Add((guest, native));
        }
    }

    private void Path(string what, CallNumber id, string name, ulong argument = 0) => Same(
        $"{what} {name} {argument:x}",
        _guest.Call(id, _guest.Put("/data/" + name), argument),
        NativeCalls.Call((int)id, Native(name), (nint)argument));

    private void TwoPaths(string what, CallNumber id, string from, string to) => Same(
        $"{what} {from} {to}",
        _guest.Call(id, _guest.Put("/data/" + from), _guest.Put("/data/" + to)),
        NativeCalls.Call((int)id, Native(from), Native(to, 1)));

    private void Symlink(string target, string name) => Same(
        $"symlink {target} {name}",
        _guest.Call(CallNumber.Symlink, _guest.Put(target), _guest.Put("/data/" + name)),
        NativeCalls.Call(88, Native(target, 0, absolute: true), Native(name, 1)));

    private void Status(CallNumber id, string name)
    {
        var address = _guest.Room(144);
        new Span<byte>(_buffer, 144).Clear();
        var guest = _guest.Call(id, _guest.Put("/data/" + name), address);
        Same($"{id} {name}", guest, NativeCalls.Call((int)id, Native(name, 1), (nint)_buffer));
        var (ours, theirs) = (_guest.Get<stat_t>(address), *(stat_t*)_buffer);
        Assert.Equal((theirs.st_mode, theirs.st_uid, theirs.st_nlink), (ours.st_mode, ours.st_uid, ours.st_nlink));
        if ((theirs.st_mode & 0xF000) == 0x8000)
        {
            Assert.Equal((theirs.st_size, theirs.st_blksize), (ours.st_size, ours.st_blksize));
        }
    }

    private void ReadLink(string name, int size)
    {
        var address = _guest.Room(16);
        new Span<byte>(_buffer, 16).Clear();
        var guest = _guest.Call(CallNumber.Readlink, _guest.Put("/data/" + name), address, (ulong)size);
        Same($"readlink {name} {size}", guest, NativeCalls.Call(89, Native(name, 1), (nint)_buffer, size));
        Assert.True(_guest.Bytes(address, 16).SequenceEqual(new Span<byte>(_buffer, 16)), Log());
    }

    private void Directory_(Random random)
    {
        var fd = Pick(random);
        var size = random.Next(2) == 0 ? BufferBytes : random.Next(200);
        var address = _guest.Room(BufferBytes);
        Same($"getdents64 {size}",
            Math.Min(1, _guest.Call(CallNumber.Getdents64, (ulong)fd.Guest, address, (ulong)size)),
            Math.Min(1, NativeCalls.Call(217, (nint)fd.Native, (nint)_buffer, size)));
    }

    private nint Native(string name, int slot = 0, bool absolute = false)
    {
        var start = _buffer + (BufferBytes * (2 + slot));
        Encoding.Latin1.GetBytes((absolute ? name : _theirs.Root + "/" + name) + "\0").CopyTo(new Span<byte>(start, BufferBytes));
        return (nint)start;
    }

    private string Log() => string.Join('\n', _log.TakeLast(12));

    private void Same(string what, long guest, long native, long mask = -1)
    {
        _log.Add($"{what}: guest {guest}, native {native}");
        Assert.True(guest == native || (guest >= 0 && (guest & mask) == (native & mask)), Log());
    }
}
