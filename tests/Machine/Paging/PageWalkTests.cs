using FsCheck;
using FsCheck.Fluent;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Paging;

public sealed class PageWalkTests : IDisposable
{
    private const int Pages = 16;
    private const ulong Present = PageTables.Present, Writable = PageTables.Writable, User = PageTables.User, Large = PageTables.Large;
    private const ulong All = Present | Writable | User;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), Pages * 0x1000));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void TryTranslate_RandomTables_AgreesWithTheModel() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        FillTables(random);
        for (var probe = 0; probe < 50; probe++)
        {
            AssertAgrees(RandomAddress(random), forWrite: random.Next(2) == 0);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [InlineData(0x0000_8000_0000_0000)]
    [InlineData(0x0000_FFFF_FFFF_FFFF)]
    [InlineData(0xFFFF_7FFF_FFFF_FFFF)]
    [InlineData(0xFFFF_8000_0000_0000)]
    [InlineData(ulong.MaxValue)]
    public void TryTranslate_NonCanonicalOrKernelHalf_IsFalse(ulong address)
    {
        // Mapped as well as can be, and still not a user's.
        for (var index = 0UL; index < 512; index++)
        {
            Put(0, (int)index, 0x1000 | All);
            Put(1, (int)index, All | Large);
        }

        Assert.False(Translate(address, forWrite: false, out _, out _));
    }

    [Theory]
    [InlineData(0, Present | Writable, false, false)]
    [InlineData(1, Present | Writable, false, false)]
    [InlineData(2, Present | Writable, false, false)]
    [InlineData(3, Present | Writable, false, false)]
    [InlineData(0, Present | User, true, false)]
    [InlineData(1, Present | User, true, false)]
    [InlineData(2, Present | User, true, false)]
    [InlineData(3, Present | User, true, false)]
    [InlineData(0, Writable | User, false, false)]
    [InlineData(3, Writable | User, false, false)]
    [InlineData(0, All, true, true)]
    public void TryTranslate_BitMissingAtOneLevel_CountsForTheWholePath(int level, ulong flags, bool readable, bool writable)
    {
        for (var table = 0; table < 4; table++)
        {
            Put(table, 0, ((ulong)(table + 1) << 12) | (table == level ? flags : All));
        }

        Assert.Equal((readable, writable), (Translate(0, false, out _, out _), Translate(0, true, out _, out _)));
    }

    [Theory]
    [InlineData(2, 0x20_0000)]
    [InlineData(1, 0x4000_0000)]
    public void TryTranslate_LargePage_KeepsTheLowAddressBits(int level, ulong pageBytes)
    {
        for (var table = 0; table < level; table++)
        {
            Put(table, 0, ((ulong)(table + 1) << 12) | All);
        }

        Put(level, 1, (5 * pageBytes) | All | Large | PageTables.NoExecute);

        Assert.True(Translate(pageBytes + 0x1_2345, true, out var physical, out var bytesLeft));
        Assert.Equal(((5 * pageBytes) + 0x1_2345, pageBytes - 0x1_2345), (physical, bytesLeft));
    }

    // The page attribute bit of a large page stands where a small page's address begins.
    [Fact]
    public void TryTranslate_LargePageWithAttributeBit_IgnoresIt()
    {
        Put(0, 0, 0x1000 | All);
        Put(1, 0, 0x2000 | All);
        Put(2, 0, 0x20_0000 | 0x1000 | All | Large);

        Assert.True(Translate(0x123, false, out var physical, out _));
        Assert.Equal(0x20_0123UL, physical);
    }

    // Intel SDM vol. 3A, section 4.7: a reserved bit faults as a missing page does.
    [Theory]
    [InlineData(0, 0x1000UL | Large)]
    [InlineData(1, 0x4000_0000UL | Large | 1UL << 13)]
    [InlineData(2, 0x20_0000UL | Large | 1UL << 13)]
    public void TryTranslate_ReservedBitSet_IsFalse(int level, ulong entry)
    {
        for (var table = 0; table < 4; table++)
        {
            Put(table, 0, table == level ? entry | All : ((ulong)(table + 1) << 12) | All);
        }

        Assert.False(Translate(0, false, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void TryTranslate_TableOutsideMemory_IsFalse(int level)
    {
        for (var table = 0; table < 3; table++)
        {
            Put(table, 0, (table == level ? 0x000F_FFFF_FFFF_F000 : (ulong)(table + 1) << 12) | All);
        }

        Assert.False(Translate(0, false, out _, out _));
    }

    // CR3's low bits are flags, and a table may map itself.
    [Fact]
    public void TryTranslate_TableThatMapsItself_IsFollowed()
    {
        Put(0, 511 / 2, All);
        var address = (255UL << 39) | (255UL << 30) | (255UL << 21) | (255UL << 12) | 8;

        Assert.True(PageWalk.TryTranslate(_memory, 0x18, address, false, out var physical, out var bytesLeft));
        Assert.Equal((8UL, 0xFF8UL), (physical.Value, bytesLeft));
    }

    // Few slots, so that paths meet. Entries lead to any page but the first, which is the top table: where a large page is
    // found there, its bit would be a reserved one.
    private void FillTables(Random random)
    {
        for (var page = 0; page < Pages; page++)
        {
            for (var slot = 0; slot < 4; slot++)
            {
                var isLarge = page > 0 && random.Next(8) == 0;
                var target = isLarge ? Number(random, 4) << 30 : (1 + Number(random, Pages)) << 12;
                var rights = random.Next(3) > 0 ? All : Number(random, 8);
                Put(page, Slot(slot), target | rights | (isLarge ? Large : 0) | (Number(random, 2) << 63));
            }
        }
    }

    private static ulong Number(Random random, int end) => (ulong)random.NextInt64(end);

    private static ulong RandomAddress(Random random)
    {
        var address = 0UL;
        foreach (var shift in (ReadOnlySpan<int>)[39, 30, 21, 12])
        {
            address |= (ulong)(uint)Slot(random.Next(4)) << shift;
        }

        return (address | Number(random, 0x1000)) & ((1UL << 47) - 1);
    }

    private static int Slot(int number) => number switch { 0 => 0, 1 => 1, 2 => 200, _ => 255 };

    private static GuestPhysAddr At(int page, int slot) => new((ulong)((page * 0x1000) + (slot * 8)));

    private void Put(int page, int slot, ulong entry) => Assert.True(_memory.TryWrite(At(page, slot), entry));

    private bool Translate(ulong address, bool forWrite, out ulong physical, out ulong bytesLeft)
    {
        var found = PageWalk.TryTranslate(_memory, 0, address, forWrite, out var at, out bytesLeft);
        physical = at.Value;
        return found;
    }

    private void AssertAgrees(ulong address, bool forWrite)
    {
        var model = PageTables.Walk(_memory, 0, address);
        var expected = model is { User: true } translation && (translation.Writable || !forWrite) ? model : null;

        Assert.Equal(expected is not null, Translate(address, forWrite, out var physical, out var bytesLeft));
        if (expected is { } hit)
        {
            Assert.Equal((hit.Physical, hit.PageBytes - (address % hit.PageBytes)), (physical, bytesLeft));
        }
    }
}
