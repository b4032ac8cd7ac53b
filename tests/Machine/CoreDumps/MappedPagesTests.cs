using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.CoreDumps;

namespace KvmActors.Machine.Tests.CoreDumps;

public sealed class MappedPagesTests : IDisposable
{
    private const ulong Paging = 0x8000_0001, Pae = 0x20, LongMode = 0x500;
    private const ulong Present = 1, Writable = 2, User = 4, Large = 0x80, NoExecute = 1UL << 63;
    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x40_0000));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Find_NoPaging_IsAllOfMemory() =>
        Assert.Equal([new MappedRun(0, 0, 0x40_0000, true, true)], MappedPages.Find(_memory, new kvm_sregs { cr0 = 1 }, forUser: false));

    [Fact]
    public void Find_FourLevels_JoinsWhatIsAlikeAndLeavesOutWhatIsNoMemory()
    {
        Write(0x1000, 0x2000 | Present | Writable | User);
        Write(0x2000, 0x3000 | Present | Writable | User);
        Write(0x3000, 0x4000 | Present | Writable | User);
        Write(0x3008, 0x20_0000 | Present | Writable | Large);
        Write(0x3010, 0x4000_0000 | Present | Writable | Large);
        Write(0x4000, 0x8000 | Present | User);
        Write(0x4008, 0x9000 | Present | User);
        Write(0x4010, 0xA000 | Present | Writable | User | NoExecute);

        MappedRun code = new(0, 0x8000, 0x2000, false, true), data = new(0x2000, 0xA000, 0x1000, true, false);
        Assert.Equal([code, data, new MappedRun(0x20_0000, 0x20_0000, 0x20_0000, true, true)], MappedPages.Find(_memory, Long(0x1000), forUser: false));
        Assert.Equal([code, data], MappedPages.Find(_memory, Long(0x1000), forUser: true));
    }

    [Fact]
    public void Find_UpperHalf_HasItsSign()
    {
        Write(0x1FF8, 0x2000 | Present);
        Write(0x2FF8, 0x3000 | Present);
        Write(0x3FF8, 0x20_0000 | Present | Large);

        Assert.Equal(0xFFFF_FFFF_FFE0_0000UL, Assert.Single(MappedPages.Find(_memory, Long(0x1000), forUser: false)).Linear);
    }

    [Fact]
    public void Find_TablesThatLeadToThemselves_AreBounded()
    {
        for (var entry = 0UL; entry < 512; entry++)
        {
            Write(0x1000 + (entry * 8), 0x1000 | Present | Writable | User);
        }

        var runs = MappedPages.Find(_memory, Long(0x1000), forUser: true);

        Assert.InRange(runs.Aggregate(0UL, (sum, run) => sum + run.Length), 1UL, 2UL * 0x40_0000);
    }

    private static kvm_sregs Long(ulong cr3) => new() { cr0 = Paging, cr3 = cr3, cr4 = Pae, efer = LongMode };

    private void Write(ulong address, ulong value) => Assert.True(_memory.TryWrite(new GuestPhysAddr(address), value));
}
