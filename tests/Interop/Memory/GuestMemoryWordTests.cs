using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public sealed class GuestMemoryWordTests : IDisposable
{
    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0x1000), 0x1000));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void TryCompareExchange_Expected_WritesAndOtherwiseSaysWhatIsThere()
    {
        var address = new GuestPhysAddr(0x1FFC);
        Assert.True(_memory.TryWrite(address, 7u));

        Assert.True(_memory.TryCompareExchange(address, expected: 7, value: 9, out var found));
        Assert.Equal(7u, found);
        Assert.True(_memory.TryCompareExchange(address, expected: 7, value: 1, out found));
        Assert.Equal(9u, found);
        Assert.True(_memory.TryLoad(address, out var value));
        Assert.Equal(9u, value);
    }

    [Theory]
    [InlineData(0x0FFC)]
    [InlineData(0x1FFE)]
    [InlineData(0x1001)]
    [InlineData(0x2000)]
    [InlineData(ulong.MaxValue)]
    public void Words_OutsideOrNotAligned_AreRefused(ulong address)
    {
        Assert.False(_memory.TryLoad(new GuestPhysAddr(address), out _));
        Assert.False(_memory.TryCompareExchange(new GuestPhysAddr(address), 0, 1, out _));
    }

    // Every increment is there in the end, whoever else increments.
    [Fact]
    public void TryCompareExchange_TwoThreads_LosesNothing()
    {
        const int Rounds = 20_000;
        var address = new GuestPhysAddr(0x1000);
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                uint before, found;
                do
                {
                    Assert.True(_memory.TryLoad(address, out before));
                    Assert.True(_memory.TryCompareExchange(address, before, before + 1, out found));
                }
                while (found != before);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.True(_memory.TryLoad(address, out var total));
        Assert.Equal(2u * Rounds, total);
    }
}
