using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Paging;

/// <summary>How a linear address is translated, in every paging mode (Intel SDM vol. 3A, chapter 4).</summary>
public class PageWalkTraceTests
{
    private const ulong Paging = 1UL << 31, PhysicalAddressExtension = 1 << 5, LongMode = 1 << 10;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x10000));

    [Fact]
    public void Follow_PagingOff_IsTheAddressItself()
    {
        var walk = PageWalkTrace.Follow(_memory, default, 0x1234);

        Assert.Equal(0x1234UL, walk.Physical);
        Assert.Empty(walk.Steps);
    }

    [Fact]
    public void Follow_FourLevels_ShowsEachEntry()
    {
        var free = 0x2000UL;
        PageTables.Map(_memory, 0x1000, ref free, 0x40_3000, 0x9000, PageTables.Present);

        var walk = PageWalkTrace.Follow(_memory, Long(0x1000), 0x40_3456);

        Assert.Equal(0x9456UL, walk.Physical);
        Assert.Equal(["PML4E", "PDPTE", "PDE", "PTE"], walk.Steps.Select(step => step.Level));
        Assert.Equal(0x9001UL, walk.Steps[^1].Entry);
        Assert.Equal(PageTables.Walk(_memory, 0x1000, 0x40_3456)?.Physical, walk.Physical);
    }

    [Fact]
    public void Follow_EntryNotPresent_StopsThere()
    {
        var walk = PageWalkTrace.Follow(_memory, Long(0x1000), 0x40_3456);

        Assert.Null(walk.Physical);
        Assert.Equal(new PageWalkStep("PML4E", 0x1000, 0), Assert.Single(walk.Steps));
    }

    [Fact]
    public void Follow_TableOutsideMemory_StopsThere()
    {
        var walk = PageWalkTrace.Follow(_memory, Long(0xF_F000), 0);

        Assert.Null(walk.Physical);
        Assert.Null(Assert.Single(walk.Steps).Entry);
    }

    [Fact]
    public void Follow_32BitLargePage_TakesTenBitsAtATime()
    {
        Assert.True(_memory.TryWrite(new GuestPhysAddr(0x1004), 0x0080_0083U));

        var walk = PageWalkTrace.Follow(_memory, new kvm_sregs { cr0 = Paging, cr3 = 0x1000 }, 0x0041_2345);

        Assert.Equal(0x0081_2345UL, walk.Physical);
        Assert.Equal("PDE", Assert.Single(walk.Steps).Level);
    }

    [Fact]
    public void Follow_PhysicalAddressExtension_HasThreeLevels()
    {
        Assert.True(_memory.TryWrite(new GuestPhysAddr(0x1020), 0x2001UL));
        Assert.True(_memory.TryWrite(new GuestPhysAddr(0x2008), 0x3001UL));
        Assert.True(_memory.TryWrite(new GuestPhysAddr(0x3010), 0x7001UL));

        var walk = PageWalkTrace.Follow(_memory, new kvm_sregs { cr0 = Paging, cr4 = PhysicalAddressExtension, cr3 = 0x1020 }, 0x0020_2abc);

        Assert.Equal(0x7abcUL, walk.Physical);
        Assert.Equal(["PDPTE", "PDE", "PTE"], walk.Steps.Select(step => step.Level));
    }

    private static kvm_sregs Long(ulong cr3) => new() { cr0 = Paging, cr4 = PhysicalAddressExtension, efer = LongMode, cr3 = cr3 };
}
