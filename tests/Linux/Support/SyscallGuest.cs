using System.Runtime.InteropServices;
using System.Text;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;
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

    private readonly FileNamespace _names;
    private ulong _tables = 0x3000;
    private ulong _next = User;

    public SyscallGuest(
        IReadOnlyList<FileMapping> mappings, FileLimits? limits = null, string? program = null, byte[]? input = null,
        Func<NamespaceTree, ILookupRule>? makeRule = null, ThreadSandbox? sandbox = null, bool hasLiveInput = false, VirtualClock? clock = null, GuestRandom? random = null)
    {
        limits ??= new FileLimits();
        Memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 4 << 20));
        for (ulong offset = 0; offset < UserBytes; offset += Page)
        {
            Map(User + offset, Physical + offset);
        }

        var console = new GuestConsole("vm", Output, limits.BytesWritten);
        _names = makeRule is null ? FileNamespace.Open(mappings, program, sandbox) : FileNamespace.Open(mappings, program, makeRule, sandbox);
        var pool = new VcpuPool();
        Array.ForEach(Vcpus, pool.Add);
        Service = SyscallService.For(
            Memory, _names, new FileQuotas(limits, console.Budget), hasLiveInput ? null : new GuestInput(input ?? []), console, clock, random, vcpus: pool);
    }

    public GuestMemory Memory { get; }

    public RecordingOutput Output { get; } = new();

    public SyscallService Service { get; }

    /// <summary>Its vCPUs, which only count how often they were woken.</summary>
    public FakeVcpu[] Vcpus { get; } = [.. Enumerable.Range(0, 8).Select(index => new FakeVcpu(index))];

    /// <summary>A guest with one folder, as <c>/data</c>.</summary>
    public static SyscallGuest With(TempFolder folder, MappingAccess access = MappingAccess.ReadWrite, FileLimits? limits = null) =>
        new([new FileMapping("/data", folder.Root, access)], limits);

    /// <summary>
    /// A guest with programs it may read, as <c>/usr/bin</c>, a folder it may change, as <c>/work</c>, and a file mapped below that;
    /// beside them is a secret that no path leads to.
    /// </summary>
    public static SyscallGuest WithMappings(TempFolder folder)
    {
        folder.AddFile("secret", "secret");
        folder.AddFile("bin/tool", "tool");
        folder.AddFile("work/file", "file");
        folder.AddFolder("work/sub");
        folder.AddFile("motd", "motd");
        folder.AddLink("work/out", "../secret");
        folder.AddLink("work/abs", "/etc/passwd");
        return new SyscallGuest(
            [
                new FileMapping("/usr/bin", folder["bin"], MappingAccess.Read),
                new FileMapping("/work", folder["work"], MappingAccess.ReadWrite),
                new FileMapping("/work/deep/motd", folder["motd"], MappingAccess.Read),
            ],
            program: "usr/bin/../bin/tool");
    }

    public void Map(ulong address, ulong physical, ulong flags = All) => PageTables.Map(Memory, Cr3, ref _tables, address, physical, flags);

    /// <summary>Makes a call.</summary>
    public long Call(CallNumber id, params ReadOnlySpan<ulong> arguments) => Serve(id, arguments).Result;

    public CallOutcome Serve(CallNumber id, params ReadOnlySpan<ulong> arguments) => Service.Serve(Make(id, arguments));

    public static GuestCall Make(CallNumber id, params ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> all = stackalloc ulong[6];
        arguments.CopyTo(all);
        return new GuestCall(id, AddressSpace.User(Cr3), all[0], all[1], all[2], all[3], all[4], all[5]);
    }

    /// <summary>One of its threads.</summary>
    public GuestThread Thread(int vcpu) => new(this, vcpu);

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
        where T : unmanaged => MemoryMarshal.Read<T>(Bytes(address, System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));

    public string Text(ulong address, long length) => Encoding.Latin1.GetString(Bytes(address, (int)length));

    /// <summary>Opens a path.</summary>
    public long Open(string path, int flags = 0, uint mode = 0x1B6) => Call(CallNumber.Open, Put(path), (ulong)flags, mode);

    /// <summary>The first 64 bytes of a file.</summary>
    public string Content(string path)
    {
        var buffer = Room(64);
        return Text(buffer, Call(CallNumber.Read, (ulong)Open(path), buffer, 64));
    }

    /// <summary>What stat or lstat says of a path.</summary>
    public (long Result, uint Mode) Mode(CallNumber id, string path)
    {
        var status = Room(144);
        return (Call(id, Put(path), status), Get<stat_t>(status).st_mode);
    }

    /// <summary>Makes a pipe.</summary>
    public (ulong Reader, ulong Writer) Pipe(int flags = 0)
    {
        var ends = Room(8);
        Assert.Equal(0, Call(CallNumber.Pipe2, ends, (ulong)flags));
        return (Get<uint>(ends), Get<uint>(ends + 4));
    }

    public void Dispose()
    {
        Service.Dispose();
        _names.Dispose();
        Memory.Dispose();
    }
}
