using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public class MemoryTemplateTests
{
    private const ulong MiB = 1 << 20;

    private static readonly MemoryRange[] Ranges =
        [new(new GuestPhysAddr(0), 4 * MiB), new(new GuestPhysAddr(0x1_0000_0000), 1 * MiB, IsReadOnly: true)];

    private static readonly GuestPhysAddr Low = new(0x3000), Far = new(0x20_0000), High = new(0x1_0000_1000);

    [Fact]
    public void Map_HoldsWhatTheTemplateDoes()
    {
        using var template = Create();
        using var memory = GuestMemory.Map(template);

        Assert.Equal((1UL, 0UL, 2UL), (Read(memory, Low), Read(memory, Far), Read(memory, High)));
        Assert.Equal(Ranges, memory.Ranges);
    }

    [Fact]
    public void Map_WritesStayInTheOneMemory()
    {
        using var template = Create();
        using var first = GuestMemory.Map(template);
        Assert.True(first.TryWrite(Low, 99UL) && first.TryWrite(Far, 98UL) && first.TryWrite(High, 97UL));

        using var second = GuestMemory.Map(template);

        Assert.Equal((1UL, 0UL, 2UL), (Read(second, Low), Read(second, Far), Read(second, High)));
        Assert.Equal((99UL, 98UL, 97UL), (Read(first, Low), Read(first, Far), Read(first, High)));
    }

    [Fact]
    public void ResetTo_OwnTemplate_DropsEveryWrite()
    {
        using var template = Create();
        using var memory = GuestMemory.Map(template);
        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0), 4 * MiB, out var all));
        all.Fill(0xCA);
        Assert.True(memory.TryWrite(High, 97UL));

        memory.ResetTo(template);

        Assert.Equal((1UL, 2UL), (Read(memory, Low), Read(memory, High)));
        Assert.Equal(-1, all.IndexOf((byte)0xCA));
    }

    [Fact]
    public void Capture_HoldsWhatTheMemoryDidAndLaterWritesDoNotCount()
    {
        using var template = Create();
        using var memory = GuestMemory.Map(template);
        Assert.True(memory.TryWrite(Low, 0UL) && memory.TryWrite(Far, 5UL));
        Assert.True(memory.TryWrite(new GuestPhysAddr((4 * MiB) - 8), 6UL));

        using var captured = MemoryTemplate.Capture(memory);
        Assert.True(memory.TryWrite(Far, 7UL));
        using var copy = GuestMemory.Map(captured);

        // The high range was never touched: it comes from the first template.
        Assert.Equal((0UL, 5UL, 2UL), (Read(copy, Low), Read(copy, Far), Read(copy, High)));
        Assert.Equal(6UL, Read(copy, new GuestPhysAddr((4 * MiB) - 8)));
    }

    [Fact]
    public void ResetTo_OtherTemplate_ShowsThatOne()
    {
        using var template = Create();
        using var memory = GuestMemory.Map(template);
        Assert.True(memory.TryWrite(Far, 5UL));
        using var captured = MemoryTemplate.Capture(memory);
        Assert.True(memory.TryWrite(Low, 98UL));

        memory.ResetTo(captured);
        Assert.Equal((1UL, 5UL), (Read(memory, Low), Read(memory, Far)));

        Assert.True(memory.TryWrite(Low, 97UL));
        memory.ResetTo(captured);
        Assert.Equal((1UL, 5UL), (Read(memory, Low), Read(memory, Far)));

        memory.ResetTo(template);
        Assert.Equal((1UL, 0UL), (Read(memory, Low), Read(memory, Far)));
    }

    [Fact]
    public void Dispose_OfTheTemplate_LeavesMemoryThatWasMappedFromIt()
    {
        using var memory = GuestMemory.Map(Create());
        memory.Template!.Dispose();

        Assert.Equal((1UL, 2UL), (Read(memory, Low), Read(memory, High)));
    }

    [Fact]
    public void Capture_OfMemoryWithoutATemplate_IsRefused()
    {
        using var memory = GuestMemory.Allocate(Ranges);

        Assert.Throws<ArgumentException>(() => MemoryTemplate.Capture(memory));
    }

    private static MemoryTemplate Create() =>
        MemoryTemplate.Create(Ranges, memory => Assert.True(memory.TryWrite(Low, 1UL) && memory.TryWrite(High, 2UL)));

    private static ulong Read(GuestMemory memory, GuestPhysAddr address)
    {
        Assert.True(memory.TryRead(address, out ulong value));
        return value;
    }
}
