using System.Runtime.InteropServices;
using System.Text;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Support;

/// <summary>
/// A user program's view of the host, with no VM around it: memory behind hand-made page tables, and system calls by number.
/// </summary>
internal sealed class SyscallGuest : IDisposable
{
    /// <summary>The first user address that is mapped, for reading and writing.</summary>
    public const ulong User = 0x40_0000;

    /// <summary>Bytes mapped from there on.</summary>
    public const ulong UserBytes = 0x20_0000;

    public const ulong Cr3 = 0x2000, Page = 0x1000;

    private const ulong Physical = 0x10_0000, All = PageTables.Present | PageTables.Writable | PageTables.User;

    private ulong _tables = 0x3000;
    private ulong _next = User;

    public SyscallGuest(IReadOnlyList<FileMapping> mappings, FileLimits? limits = null, string? program = null, byte[]? input = null)
    {
        limits ??= new FileLimits();
        Memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 4 << 20));
        for (ulong offset = 0; offset < UserBytes; offset += Page)
        {
            Map(User + offset, Physical + offset);
        }

        var console = new GuestConsole("vm", Output, limits.BytesWritten);
        Service = SyscallService.OpenFor(Memory, mappings, limits, new GuestInput(input ?? []), console, program);
    }

    public GuestMemory Memory { get; }

    public RecordingOutput Output { get; } = new();

    public SyscallService Service { get; }

    /// <summary>A guest with one folder, as <c>/data</c>.</summary>
    public static SyscallGuest With(TempFolder folder, MappingAccess access = MappingAccess.ReadWrite, FileLimits? limits = null) =>
        new([new FileMapping("/data", folder.Root, access)], limits);

    public void Map(ulong address, ulong physical, ulong flags = All) => PageTables.Map(Memory, Cr3, ref _tables, address, physical, flags);

    /// <summary>Makes a call.</summary>
    public long Call(CallNumber id, params ReadOnlySpan<ulong> arguments) => Serve(id, arguments).Result;

    public CallOutcome Serve(CallNumber id, params ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> all = stackalloc ulong[6];
        arguments.CopyTo(all);
        return Service.Serve(new GuestCall(id, AddressSpace.User(Cr3), all[0], all[1], all[2], all[3], all[4], all[5]));
    }

    /// <summary>Forgets what was put into memory.</summary>
    public void Rewind() => _next = User;

    /// <summary>Takes room in user memory, zero at first.</summary>
    public ulong Room(int bytes)
    {
        var address = _next;
        _next += (ulong)(bytes + 15) & ~15UL;
        Assert.True(_next <= User + UserBytes, "the test needs more memory");
        Bytes(address, bytes).Clear();
        return address;
    }

    public ulong Put(ReadOnlySpan<byte> bytes)
    {
        var address = Room(bytes.Length);
        bytes.CopyTo(Bytes(address, bytes.Length));
        return address;
    }

    /// <summary>Puts a string and its NUL.</summary>
    public ulong Put(string text) => Put(Encoding.Latin1.GetBytes(text + "\0"));

    public ulong Put<T>(T value)
        where T : unmanaged => Put(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public Span<byte> Bytes(ulong address, int length)
    {
        Assert.True(Memory.TryGetSpan(new GuestPhysAddr(address - User + Physical), (ulong)length, out var bytes));
        return bytes;
    }

    public T Get<T>(ulong address)
        where T : unmanaged => MemoryMarshal.Read<T>(Bytes(address, Marshal.SizeOf<T>()));

    public string Text(ulong address, long length) => Encoding.Latin1.GetString(Bytes(address, (int)length));

    /// <summary>Opens a path.</summary>
    public long Open(string path, int flags = 0, uint mode = 0x1B6) => Call(CallNumber.Open, Put(path), (ulong)flags, mode);

    public void Dispose()
    {
        Service.Dispose();
        Memory.Dispose();
    }
}
