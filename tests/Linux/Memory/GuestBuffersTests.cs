using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Memory;

/// <summary>Three user pages, of which the middle one cannot be written, mapped to places that are not neighbours.</summary>
public sealed class GuestBuffersTests : IDisposable
{
    private const ulong Cr3 = 0x2000, User = 0x40_0000, Page = 0x1000, First = 0x3_0000, Second = 0x2_0000, Third = 0x1_0000;
    private const ulong MemoryBytes = 0x4_0000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), MemoryBytes));
    private readonly GuestBuffers _buffers;

    public GuestBuffersTests()
    {
        _buffers = new GuestBuffers(_memory);
        ulong free = 0x3000;
        PageTables.Map(_memory, Cr3, ref free, User, First, PageTables.Present | PageTables.User | PageTables.Writable);
        PageTables.Map(_memory, Cr3, ref free, User + Page, Second, PageTables.Present | PageTables.User);
        PageTables.Map(_memory, Cr3, ref free, User + (2 * Page), Third, PageTables.Present | PageTables.User | PageTables.Writable);
    }

    private static AddressSpace Space => AddressSpace.User(Cr3);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void CopyIn_AcrossPages_TakesEachFromItsPlace()
    {
        _memory.TryWriteBytes(new GuestPhysAddr(First + Page - 2), "ab"u8);
        _memory.TryWriteBytes(new GuestPhysAddr(Second), "cd"u8);
        Span<byte> target = stackalloc byte[4];

        Assert.Equal(Errno.None, _buffers.CopyIn(Space, User + Page - 2, target));

        Assert.Equal("abcd", Encoding.ASCII.GetString(target));
    }

    [Fact]
    public void CopyOut_IntoAPageThatCannotBeWritten_WritesNothingAndRemembersThePage()
    {
        Assert.Equal(Errno.EFAULT, _buffers.CopyOut(Space, User + Page - 2, "abcd"u8));

        Assert.True(_memory.TryRead(new GuestPhysAddr(First + Page - 2), out ushort untouched));
        Assert.Equal(0, untouched);
        Assert.Equal(new GuestFault(User + Page, IsWrite: true), _buffers.Fault);
    }

    [Fact]
    public void Fault_FirstOfSeveral_IsKeptUntilTheNextCall()
    {
        Span<byte> target = stackalloc byte[1];
        _buffers.CopyIn(Space, User + (5 * Page), target);
        _buffers.CopyIn(Space, User + (6 * Page), target);
        Assert.Equal(new GuestFault(User + (5 * Page), IsWrite: false), _buffers.Fault);

        _buffers.Begin();

        Assert.Null(_buffers.Fault);
    }

    // Above the lower half no guest kernel maps anything for its program: there is nothing to ask for.
    [Theory]
    [InlineData(1UL << 47)]
    [InlineData((1UL << 47) + 5)]
    [InlineData(ulong.MaxValue)]
    public void Fault_AddressThatIsNeverMapped_IsNone(ulong address)
    {
        Span<byte> target = stackalloc byte[1];

        Assert.Equal(Errno.EFAULT, _buffers.CopyIn(Space, address, target));

        Assert.Null(_buffers.Fault);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1UL << 47, true)]
    [InlineData(1, 1UL << 47, false)]
    [InlineData((1UL << 47) - 1, 1, true)]
    [InlineData((1UL << 47) - 1, 2, false)]
    [InlineData(ulong.MaxValue, 1, false)]
    [InlineData(1, ulong.MaxValue, false)]
    public void IsPlausible_UserBuffer_EndsInTheLowerHalf(ulong address, ulong length, bool expected) =>
        Assert.Equal(expected, _buffers.IsPlausible(Space, address, length));

    [Theory]
    [InlineData(0, MemoryBytes, true)]
    [InlineData(1, MemoryBytes, false)]
    [InlineData(ulong.MaxValue, 0, true)]
    [InlineData(0, ulong.MaxValue, false)]
    public void IsPlausible_PhysicalBuffer_IsInMemory(ulong address, ulong length, bool expected) =>
        Assert.Equal(expected, _buffers.IsPlausible(AddressSpace.Physical, address, length));

    [Fact]
    public void Map_SeveralBuffers_ListsPiecesOfEach()
    {
        var pieces = new GuestIoVector();
        var cursor = default(BufferCursor);
        guest_iovec[] buffers = [Buffer(User + Page - 1, 2), Buffer(0, 0), Buffer(User + (2 * Page), 3)];

        Assert.Equal(Errno.None, _buffers.Map(Space, buffers, ref cursor, forWrite: false, pieces));

        Assert.Equal((3, 5UL, 3), (pieces.Count, pieces.TotalBytes, cursor.Index));
        Assert.Equal([1, 1, 3], Enumerable.Range(0, 3).Select(piece => pieces.GetPiece(piece).Length));
    }

    [Fact]
    public void Map_MoreThanOneTransferTakes_StopsThereAndGoesOn()
    {
        var pieces = new GuestIoVector();
        var cursor = default(BufferCursor);

        // Two bytes apart, so that no piece joins another.
        var buffers = Enumerable.Range(0, GuestIoVector.Capacity + 10).Select(index => Buffer(User + (ulong)(2 * index), 1)).ToArray();

        Assert.Equal(Errno.None, _buffers.Map(Space, buffers, ref cursor, forWrite: false, pieces));
        Assert.Equal((GuestIoVector.Capacity, GuestIoVector.Capacity), (pieces.Count, cursor.Index));

        Assert.Equal(Errno.None, _buffers.Map(Space, buffers, ref cursor, forWrite: false, pieces));
        Assert.Equal((10, buffers.Length), (pieces.Count, cursor.Index));
    }

    [Theory]
    [InlineData(User, Page, Errno.None)]
    [InlineData(User, Page + 1, Errno.EFAULT)]
    [InlineData(User + (2 * Page), Page, Errno.None)]
    [InlineData(User + (2 * Page), Page + 1, Errno.EFAULT)]
    [InlineData(User + (9 * Page), 0, Errno.None)]
    public void CheckWritable_Buffer_MustBeWholeAndWritable(ulong address, ulong length, Errno expected) =>
        Assert.Equal(expected, _buffers.CheckWritable(Space, address, length));

    [Fact]
    public void ReadPath_Physical_SaysWhatIsWrong()
    {
        var path = new byte[8];
        _memory.TryWriteBytes(new GuestPhysAddr(0x1000), "/etc\0xxxxx"u8);

        Assert.Equal((Errno.None, 4), (_buffers.ReadPath(AddressSpace.Physical, 0x1000, path, out var length), length));
        Assert.Equal(Errno.ENAMETOOLONG, _buffers.ReadPath(AddressSpace.Physical, 0x1001, path.AsSpan(0, 3), out _));
        Assert.Equal(Errno.EFAULT, _buffers.ReadPath(AddressSpace.Physical, MemoryBytes, path, out _));
    }

    [Fact]
    public void Write_Structure_IsReadBack()
    {
        Assert.Equal(Errno.None, _buffers.Write(Space, User + 8, 0x1122_3344_5566_7788UL));

        Assert.Equal(Errno.None, _buffers.Read(Space, User + 8, out ulong value));
        Assert.Equal(0x1122_3344_5566_7788UL, value);
    }

    private static guest_iovec Buffer(ulong address, ulong length) => new() { iov_base = address, iov_len = length };
}
