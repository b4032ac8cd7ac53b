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

/// <summary>A guest's memory, its files and its output, with no VM around them.</summary>
internal sealed class FileGuest : IDisposable
{
    public const ulong MemoryBytes = 0x10_0000;

    /// <param name="folder">What it sees as <c>/data</c>.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="memoryBytes">Its memory, from address 0.</param>
    /// <param name="input">Its standard input.</param>
    public FileGuest(TempFolder? folder = null, FileLimits? limits = null, ulong memoryBytes = MemoryBytes, ReadOnlyMemory<byte> input = default)
    {
        limits ??= new FileLimits();
        Memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), memoryBytes));
        var mappings = folder is null ? [] : new[] { new FileMapping("/data", folder.Root, MappingAccess.Read) };
        Service = SyscallService.OpenFor(Memory, mappings, limits, new GuestInput(input), new GuestConsole("vm", Output, limits.BytesWritten));
    }

    public GuestMemory Memory { get; }

    public RecordingOutput Output { get; } = new();

    public SyscallService Service { get; }

    public long Execute(in GuestCall call) => Service.Serve(call).Result;

    public void Put(ulong address, string text) =>
        Assert.True(Memory.TryWriteBytes(new GuestPhysAddr(address), Encoding.Latin1.GetBytes(text)));

    public string Get(ulong address, long length)
    {
        Assert.True(Memory.TryGetSpan(new GuestPhysAddr(address), (ulong)length, out var bytes));
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>Opens a path that is put into memory at 0x100.</summary>
    public long Open(string path, int flags = 0)
    {
        Put(0x100, path + "\0");
        return Execute(new GuestCall(CallNumber.Open, AddressSpace.Physical, 0x100, (ulong)flags));
    }

    public long Read(long fd, ulong address, ulong count, AddressSpace space = default) =>
        Execute(new GuestCall(CallNumber.Read, space, (ulong)fd, address, count));

    public long Pread(long fd, ulong address, ulong count, long offset, AddressSpace space = default) =>
        Execute(new GuestCall(CallNumber.Pread64, space, (ulong)fd, address, count, (ulong)offset));

    public long Write(long fd, ulong address, ulong count, AddressSpace space = default) =>
        Execute(new GuestCall(CallNumber.Write, space, (ulong)fd, address, count));

    public long Seek(long fd, long offset, int whence) =>
        Execute(new GuestCall(CallNumber.Lseek, AddressSpace.Physical, (ulong)fd, (ulong)offset, (ulong)whence));

    public long Close(long fd) => Execute(new GuestCall(CallNumber.Close, AddressSpace.Physical, (ulong)fd));

    public void Dispose()
    {
        Service.Dispose();
        Memory.Dispose();
    }
}
