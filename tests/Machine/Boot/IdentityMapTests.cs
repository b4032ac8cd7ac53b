using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Boot;

/// <summary>The page tables a guest starts with, walked by the tests' own walker.</summary>
public class IdentityMapTests
{
    private const ulong LargePage = 2 * Machines.MiB;

    [Theory]
    [InlineData(3 * Machines.MiB)]
    [InlineData(4 * Machines.MiB)]
    [InlineData(16 * Machines.MiB)]
    [InlineData(1 * Machines.GiB)]
    [InlineData(1 * Machines.GiB + LargePage)]
    [InlineData(3 * Machines.GiB)]
    [InlineData(3 * Machines.GiB + Machines.MiB)]
    [InlineData(5 * Machines.GiB)]
    public void Apply_AnySize_MapsAllMemoryToItselfAndNothingElse(ulong bytes)
    {
        using var memory = Boot(Machines.Blank(BootProtocol.Long64, bytes), out var ranges);

        foreach (var range in ranges)
        {
            for (var address = range.Start.Value; address < range.End.Value; address += LargePage)
            {
                Assert.Equal(new Translation(address + 0x1234, LargePage, Writable: true, User: false), Walk(memory, address + 0x1234));
            }

            Assert.Null(Walk(memory, AlignUp(range.End.Value)));
            Assert.Equal(range.End.Value - 1, Walk(memory, range.End.Value - 1)?.Physical);
        }

        Assert.Null(Walk(memory, 512 * Machines.GiB));
        Assert.Null(Walk(memory, 0xFFFF_8000_0000_0000));
        Assert.Equal(bytes > 3 * Machines.GiB, Walk(memory, 4 * Machines.GiB) is not null);
    }

    [Theory]
    [InlineData(2 * Machines.MiB)]
    [InlineData(6 * Machines.MiB)]
    [InlineData(1 * Machines.GiB)]
    public void Apply_IdentityBytes_MapsThatMuch(ulong identity)
    {
        using var memory = Boot(Machines.Blank(BootProtocol.Long64, 3 * Machines.GiB) with { IdentityBytes = identity }, out _);

        Assert.Equal(identity - 1, Walk(memory, identity - 1)?.Physical);
        Assert.Null(Walk(memory, identity));
    }

    [Theory]
    [InlineData(0xD000_0000, 0x1000, null)]
    [InlineData(0xD01F_FFF8, 0x10, null)]
    [InlineData(0xD000_0000, 0x1000, 2 * Machines.MiB)]
    [InlineData(0x100_0000, 0x20_0000, null)]
    [InlineData(0x7FFF_FFFF_F000, 0x1000, null)]
    public void Apply_RegistersOfADevice_AreMappedToThemselves(ulong address, int length, ulong? identity)
    {
        var spec = Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB) with
        {
            Devices = [new RegisterBankSpec(address, length, []), new ConsoleDeviceSpec(0xE9)],
            IdentityBytes = identity,
        };
        using var memory = Boot(spec, out _);

        Assert.Equal(address, Walk(memory, address)?.Physical);
        Assert.Equal(address + (ulong)length - 1, Walk(memory, address + (ulong)length - 1)?.Physical);
        Assert.Null(Walk(memory, (address & ~(LargePage - 1)) - LargePage));
        Assert.Equal((identity ?? (4 * Machines.MiB)) - 1, Walk(memory, (identity ?? (4 * Machines.MiB)) - 1)?.Physical);
        Assert.Null(Walk(memory, identity ?? (4 * Machines.MiB)));
    }

    [Theory]
    [InlineData(0x7FFF_FFFF_F800, 0x1000)]
    [InlineData(0x8000_0000_0000, 0x1000)]
    public void Apply_RegistersAboveTheLowerHalf_AreLeftToTheGuest(ulong address, int length)
    {
        var spec = Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB) with { Devices = [new RegisterBankSpec(address, length, [])] };
        using var memory = Boot(spec, out _);

        Assert.Null(Walk(memory, 0x7FFF_FFFF_F800));
    }

    // The guest kernel patches its own entries in, next to these.
    [Fact]
    public void Apply_UpperTables_ArePresentWritableAndUser()
    {
        using var memory = Boot(Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB), out _);

        Assert.Equal((0x1F_8007UL, 0x1F_9007UL), (Read(memory, 0x1F_7000), Read(memory, 0x1F_8000)));
        Assert.Equal((0x83UL, 0x20_0083UL, 0UL), (Read(memory, 0x1F_9000), Read(memory, 0x1F_9008), Read(memory, 0x1F_9010)));
        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0x1F_7008), 0xFF8, out var rest));
        Assert.False(rest.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Apply_PagesForTheGuestsOwnTables_AreZero()
    {
        using var memory = Boot(Machines.Blank(BootProtocol.Long64, 16 * Machines.MiB) with { Args = ["a"] }, out _);

        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0x1F_A000), 0x2000, out var pages));
        Assert.False(pages.ContainsAnyExcept((byte)0));
    }

    private static GuestMemory Boot(MachineSpec spec, out IReadOnlyList<MemoryRange> ranges)
    {
        var plan = new BootPlan(spec);
        Assert.Null(plan.FindProblem());
        ranges = plan.Ranges;
        var memory = GuestMemory.Allocate([.. plan.Ranges]);
        plan.Apply(memory);
        return memory;
    }

    private static Translation? Walk(GuestMemory memory, ulong address) => PageTables.Walk(memory, MemoryLayout.Pml4, address);

    private static ulong Read(GuestMemory memory, ulong address)
    {
        Assert.True(memory.TryRead(new GuestPhysAddr(address), out ulong value));
        return value;
    }

    private static ulong AlignUp(ulong address) => (address + LargePage - 1) / LargePage * LargePage;
}
