using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Tests.Support;

/// <summary>Reads host files the way guests do.</summary>
internal static class FileContent
{
    /// <summary>What a file holds from its position on, as far as a page goes.</summary>
    public static string Of(HostFile file)
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 4096));
        var vector = new GuestIoVector();
        Assert.True(vector.TryAdd(memory, new GuestPhysAddr(0), 4096));
        var count = file.Read(vector);
        Assert.InRange(count, 0, 4096);
        return Encoding.UTF8.GetString(vector.GetPiece(0)[..(int)count]);
    }
}
