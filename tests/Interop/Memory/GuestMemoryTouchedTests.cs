using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public class GuestMemoryTouchedTests
{
    private const ulong Page = MemoryRange.PageSize, Bytes = 1 << 20;

    [Fact]
    public void CountTouchedBytes_PagesWrittenAndRead_AreCountedOnce()
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), Bytes), new MemoryRange(new GuestPhysAddr(2 * Bytes), Bytes));
        Assert.Equal(0, memory.CountTouchedBytes());

        foreach (var address in (ulong[])[0, 5 * Page, (5 * Page) + 8, Bytes - 1, (2 * Bytes) + Page])
        {
            Assert.True(memory.TryWrite(new GuestPhysAddr(address), (byte)1));
        }

        Assert.Equal(4 * (long)Page, memory.CountTouchedBytes());
    }

    // What VMs share costs none of them anything.
    [Fact]
    public void CountTouchedBytes_OfATemplatesPages_OnlyWrittenOnesCount()
    {
        var ranges = new MemoryRange(new GuestPhysAddr(0), Bytes);
        using var template = MemoryTemplate.Create([ranges], memory => Assert.True(memory.TryWriteBytes(new GuestPhysAddr(0), new byte[4 * Page])));
        using var memory = GuestMemory.Map(template);
        for (ulong page = 0; page < 4; page++)
        {
            Assert.True(memory.TryRead(new GuestPhysAddr(page * Page), out byte _));
        }

        Assert.Equal(0, memory.CountTouchedBytes());
        memory.TryWrite(new GuestPhysAddr(Page), 1);

        Assert.Equal((long)Page, memory.CountTouchedBytes());
    }
}
