using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public sealed class GuestIoVectorTests : IDisposable
{
    private const ulong Bytes = 0x10_0000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), Bytes));
    private readonly GuestIoVector _vector = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void TryAdd_Neighbours_AreJoined()
    {
        Assert.True(Add(0x100, 0x10));
        Assert.True(Add(0x110, 0x20));

        Assert.Equal((1, 0x30UL, 0x30), (_vector.Count, _vector.TotalBytes, _vector.GetPiece(0).Length));
    }

    [Theory]
    [InlineData(0x111)]
    [InlineData(0x10F)]
    [InlineData(0x100)]
    [InlineData(0xF0)]
    public void TryAdd_NotRightBehindTheLast_IsAPieceOfItsOwn(ulong address)
    {
        Add(0x100, 0x10);
        Add(address, 0x10);

        Assert.Equal((2, 0x20UL), (_vector.Count, _vector.TotalBytes));
    }

    [Theory]
    [InlineData(Bytes, 1)]
    [InlineData(Bytes - 1, 2)]
    [InlineData(0, Bytes + 1)]
    [InlineData(1, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 1)]
    public void TryAdd_AnyByteOutside_AddsNothing(ulong address, ulong length)
    {
        Add(0, 0x10);

        Assert.False(Add(address, length));
        Assert.Equal((1, 0x10UL), (_vector.Count, _vector.TotalBytes));
    }

    [Theory]
    [InlineData(0x30, 2, 0x30)]
    [InlineData(0x100, 2, 0x30)]
    [InlineData(0x2F, 2, 0x2F)]
    [InlineData(0x11, 2, 0x11)]
    [InlineData(0x10, 1, 0x10)]
    [InlineData(1, 1, 1)]
    [InlineData(0, 0, 0)]
    public void Shorten_ToSoManyBytes_LeavesOutTheRest(ulong bytes, int pieces, ulong left)
    {
        Add(0x100, 0x10);
        Add(0x200, 0x20);

        _vector.Shorten(bytes);

        Assert.Equal((pieces, left), (_vector.Count, _vector.TotalBytes));
        Assert.Equal(left, (ulong)Enumerable.Range(0, pieces).Sum(index => _vector.GetPiece(index).Length));
    }

    [Fact]
    public void TryAdd_FullList_TakesOnlyWhatJoinsTheLastPiece()
    {
        for (var index = 0; index < GuestIoVector.Capacity; index++)
        {
            Assert.True(Add((ulong)index * 0x20, 0x10));
        }

        Assert.False(Add(0xF_0000, 1));
        Assert.True(Add(((GuestIoVector.Capacity - 1) * 0x20) + 0x10, 0x10));
        Assert.Equal((GuestIoVector.Capacity, (GuestIoVector.Capacity + 1) * 0x10UL), (_vector.Count, _vector.TotalBytes));
    }

    [Fact]
    public void GetPiece_IsTheGuestsMemoryItself()
    {
        Add(0x200, 4);

        _vector.GetPiece(0)[1] = 0x77;

        Assert.True(_memory.TryRead(new GuestPhysAddr(0x201), out byte value));
        Assert.Equal(0x77, value);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void GetPiece_NoSuchPiece_Throws(int index)
    {
        Add(0, 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => _vector.GetPiece(index));
    }

    [Fact]
    public void Clear_EmptiesTheList()
    {
        Add(0, 1);

        _vector.Clear();

        Assert.Equal((0, 0UL), (_vector.Count, _vector.TotalBytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => _vector.GetPiece(0));
    }

    private bool Add(ulong address, ulong length) => _vector.TryAdd(_memory, new GuestPhysAddr(address), length);
}
