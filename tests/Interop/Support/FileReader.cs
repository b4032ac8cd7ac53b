using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Support;

/// <summary>An open file, and guest memory to read it into.</summary>
internal sealed class FileReader : IDisposable
{
    private const ulong Room = 0x1_0000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), Room));

    public FileReader(string path, int flags = 0)
    {
        Assert.Equal(Errno.None, HostNode.TryFind(path, out var node));
        using (node)
        {
            File = Open(node!, flags);
        }
    }

    public FileReader(HostNode node) => File = Open(node, flags: 0);

    public HostFile File { get; }

    /// <summary>Where to read to: as many bytes at an address of guest memory.</summary>
    public GuestIoVector Buffer(params (ulong Address, ulong Length)[] pieces)
    {
        var vector = new GuestIoVector();
        foreach (var (address, length) in pieces)
        {
            Assert.True(vector.TryAdd(_memory, new GuestPhysAddr(address), length));
        }

        return vector;
    }

    /// <summary>What stands in guest memory.</summary>
    public string Text(ulong address, ulong length)
    {
        Assert.True(_memory.TryGetSpan(new GuestPhysAddr(address), length, out var bytes));
        return Encoding.UTF8.GetString(bytes);
    }

    public void SetText(ulong address, string text) =>
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(address), Encoding.UTF8.GetBytes(text)));

    public long Read(ulong count) => File.Read(Buffer((0, count)));

    public string ReadAll() => Text(0, (ulong)Read(Room));

    private static HostFile Open(HostNode node, int flags)
    {
        Assert.Equal(Errno.None, node.TryOpen(flags, 0, out var file));
        return file!;
    }

    public void Dispose()
    {
        File.Dispose();
        _memory.Dispose();
    }
}
