using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Transfers with user-virtual addresses: the guest's page tables decide what is there.</summary>
public sealed class TransferCallsUserTests : IDisposable
{
    private const ulong Page = 0x1000, Cr3 = 0x2000;
    private const ulong User = 0x40_0000;
    private const ulong ReadWrite = PageTables.Present | PageTables.User | PageTables.Writable, ReadOnly = PageTables.Present | PageTables.User;
    private const ulong Limit = 1UL << 47;
    private const int Pages = 1300;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;
    private ulong _tables = 0x3000;

    public TransferCallsUserTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = new FileGuest(_folder, memoryBytes: 16 * Machines.MiB);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Read_AcrossPagesThatAreFarApart_FillsEachPart()
    {
        Map(User, 0x9_0000);
        Map(User + Page, 0x8_0000);
        var fd = _guest.Open("/data/file");

        Assert.Equal(10, _guest.Read(fd, User + Page - 4, 10, AddressSpace.User(Cr3)));

        Assert.Equal(("0123", "456789"), (_guest.Get(0x9_0FFC, 4), _guest.Get(0x8_0000, 6)));
    }

    [Fact]
    public void Read_MorePiecesThanOneTransferTakes_IsWhole()
    {
        // Every other physical page, so that no two neighbours can be joined.
        var content = string.Concat(Enumerable.Range(0, Pages * (int)Page / 8).Select(number => $"{number:x7} "));
        _folder.AddFile("large", content);
        for (var index = 0UL; index < Pages; index++)
        {
            Map(User + (index * Page), 0x10_0000 + (index * 2 * Page));
        }

        var fd = _guest.Open("/data/large");

        Assert.Equal(Pages * (long)Page, _guest.Read(fd, User, Pages * Page, AddressSpace.User(Cr3)));
        for (var index = 0; index < Pages; index++)
        {
            Assert.Equal(content.Substring(index * (int)Page, (int)Page), _guest.Get(0x10_0000 + ((ulong)index * 2 * Page), (long)Page));
        }
    }

    [Fact]
    public void Pread_MorePiecesThanOneTransferTakes_ContinuesAtTheRightOffset()
    {
        _folder.AddFile("large", new string('a', 100) + string.Concat(Enumerable.Range(0, Pages).Select(number => $"{number:d4}" + new string('.', 4092))));
        for (var index = 0UL; index < Pages; index++)
        {
            Map(User + (index * Page), 0x10_0000 + (index * 2 * Page));
        }

        var fd = _guest.Open("/data/large");

        Assert.Equal(Pages * (long)Page, _guest.Pread(fd, User, Pages * Page, 100, AddressSpace.User(Cr3)));
        Assert.All([0, 1023, 1024, 1025, Pages - 1], index => Assert.Equal($"{index:d4}", _guest.Get(0x10_0000 + ((ulong)index * 2 * Page), 4)));
    }

    // The guest's kernel maps the page and makes the call again, so nothing may have moved.
    [Fact]
    public void Transfer_NextPageNotMapped_IsEfaultAndMovesNothing()
    {
        Map(User, 0x9_0000);
        var fd = _guest.Open("/data/file");

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Write(1, User + Page - 4, 100, AddressSpace.User(Cr3)));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Read(fd, User + Page - 4, 10, AddressSpace.User(Cr3)));
        Assert.Equal(("", 0L), (_guest.Output.Text(), _guest.Seek(fd, 0, 1)));
    }

    [Fact]
    public void Transfer_FirstPageNotMapped_IsEfault()
    {
        var fd = _guest.Open("/data/file");

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Read(fd, User, 1, AddressSpace.User(Cr3)));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Write(1, User, 1, AddressSpace.User(Cr3)));
    }

    [Theory]
    [InlineData(PageTables.Present | PageTables.Writable)]
    [InlineData(PageTables.User | PageTables.Writable)]
    [InlineData(0)]
    public void Transfer_PageThatUsersMayNotTouch_IsEfault(ulong flags)
    {
        Map(User, 0x9_0000, flags);
        var fd = _guest.Open("/data/file");

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Read(fd, User, 1, AddressSpace.User(Cr3)));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Write(1, User, 1, AddressSpace.User(Cr3)));
    }

    [Fact]
    public void Transfer_ReadOnlyPage_CanBeWrittenFromButNotReadInto()
    {
        Map(User, 0x9_0000, ReadOnly);
        _guest.Put(0x9_0000, "text");
        var fd = _guest.Open("/data/file");

        Assert.Equal(4, _guest.Write(1, User, 4, AddressSpace.User(Cr3)));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Read(fd, User, 4, AddressSpace.User(Cr3)));
        Assert.Equal("text", _guest.Get(0x9_0000, 4));
    }

    [Theory]
    [InlineData(Limit, 1)]
    [InlineData(Limit - 1, 2)]
    [InlineData(0xFFFF_8000_0000_0000, 1)]
    [InlineData(0, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 1)]
    public void Transfer_NotInTheLowerHalf_IsEfault(ulong address, ulong count) =>
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Write(1, address, count, AddressSpace.User(Cr3)));

    [Fact]
    public void Transfer_PageThatLeadsOutsideMemory_IsEfault()
    {
        Map(User, 1UL << 40);

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Write(1, User, 1, AddressSpace.User(Cr3)));
    }

    [Theory]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue)]
    public void Transfer_Cr3OutsideMemory_IsEfault(ulong cr3) =>
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Write(1, User, 1, AddressSpace.User(cr3)));

    private void Map(ulong address, ulong physical, ulong flags = ReadWrite) => PageTables.Map(_guest.Memory, Cr3, ref _tables, address, physical, flags);
}
