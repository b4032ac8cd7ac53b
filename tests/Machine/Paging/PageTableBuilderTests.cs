using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Paging;

/// <summary>Tables of either page size, at an address of the caller's, walked by the tests' own walker.</summary>
public class PageTableBuilderTests
{
    private const ulong SmallPage = MemoryLayout.PageSize, LargePage = MemoryLayout.LargePageSize;

    [Theory]
    [InlineData(2 * Machines.MiB, LargePage, 3)]
    [InlineData(1 * Machines.GiB, LargePage, 3)]
    [InlineData(1 * Machines.GiB + LargePage, LargePage, 4)]
    [InlineData(512 * Machines.GiB, LargePage, 514)]
    [InlineData(512 * Machines.GiB + LargePage, LargePage, 516)]
    [InlineData(2 * Machines.MiB, SmallPage, 4)]
    [InlineData(2 * Machines.MiB + SmallPage, SmallPage, 5)]
    [InlineData(1 * Machines.GiB, SmallPage, 515)]
    public void Count_RangeFrom0_IsATableForEachEntryAbove(ulong bytes, ulong pageSize, ulong tables) =>
        Assert.Equal(tables, PageTableBuilder.Count([From0(bytes)], pageSize));

    [Fact]
    public void Count_RangesThatShareTables_CountsThemOnce() => Assert.Equal(
        5UL, PageTableBuilder.Count([From0(SmallPage), new MemoryRange(new GuestPhysAddr(4 * Machines.MiB), SmallPage)], SmallPage));

    [Theory]
    [InlineData(1 * Machines.GiB + LargePage, LargePage)]
    [InlineData(6 * Machines.MiB, SmallPage)]
    public void TryMap_AnyPageSize_MapsEveryPageWithAsManyTablesAsCounted(ulong bytes, ulong pageSize)
    {
        using var memory = GuestMemory.Allocate(From0(4 * Machines.MiB));
        var used = 0UL;

        Assert.True(new PageTableBuilder(memory, Tables(ulong.MaxValue)).TryMap(From0(bytes), pageSize));

        for (var address = 0UL; address < bytes; address += pageSize)
        {
            Assert.Equal(new Translation(address + 5, pageSize, Writable: true, User: false), PageTables.Walk(memory, 0x1000, address + 5));
        }

        Assert.Null(PageTables.Walk(memory, 0x1000, bytes));
        Assert.Equal(PageTableBuilder.Count([From0(bytes)], pageSize), used);

        IEnumerator<GuestPhysAddr> Tables(ulong most)
        {
            while (used < most)
            {
                yield return new GuestPhysAddr(0x1000 + (used++ * 0x1000));
            }
        }
    }

    [Fact]
    public void TryMap_TooFewTables_IsFalse()
    {
        using var memory = GuestMemory.Allocate(From0(4 * Machines.MiB));
        using var two = ((IEnumerable<GuestPhysAddr>)[new GuestPhysAddr(0x1000), new GuestPhysAddr(0x2000)]).GetEnumerator();

        Assert.False(new PageTableBuilder(memory, two).TryMap(From0(LargePage), LargePage));
    }

    [Fact]
    public void TryMap_TablesOutsideMemory_IsFalse()
    {
        using var memory = GuestMemory.Allocate(From0(0x1000));
        using var outside = ((IEnumerable<GuestPhysAddr>)[new GuestPhysAddr(0x1000)]).GetEnumerator();

        Assert.False(new PageTableBuilder(memory, outside).TryMap(From0(LargePage), LargePage));
    }

    private static MemoryRange From0(ulong bytes) => new(new GuestPhysAddr(0), bytes);
}
