using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Boot;

/// <summary>Memory layouts of a scenario's own.</summary>
public class RegionPlanTests
{
    private static readonly RegionSpec Tables = Region(0x1000, 0x3000, RegionContent.PageTables) with { MapBytes = 1 << 30 };
    private static readonly RegionSpec Gdt = Region(0x5000, 0x1000, RegionContent.Gdt);
    private static readonly RegionSpec Stack = Region(0x6000, 0xA000, RegionContent.Stack);
    private static readonly RegionSpec Image = Region(0x10000, 0x10000, RegionContent.Image);

    [Fact]
    public void FindProblem_GoodLayout_IsNone() => Assert.Null(BootPlans.For(Spec(Tables, Gdt, Stack, Image)).FindProblem());

    [Fact]
    public void FindProblem_OverlappingRegions_NamesBoth() =>
        AssertProblem("0x6000", Tables, Gdt, Stack, Image, Region(0x7000, 0x1000, RegionContent.Nothing));

    [Fact]
    public void FindProblem_NoTablesOrGdtIn64BitMode_SaysWhatIsNeeded()
    {
        AssertProblem("PageTables", Gdt, Stack, Image);
        AssertProblem("Gdt", Tables, Stack, Image);
    }

    [Fact]
    public void FindProblem_TwoOfAKind_SaysWhich() => AssertProblem("Stack", Tables, Gdt, Stack, Image, Region(0x40000, 0x1000, RegionContent.Stack));

    [Fact]
    public void FindProblem_ImageInNoRegion_SaysSo() => AssertProblem("not inside one region", Tables, Gdt, Stack);

    [Theory]
    [InlineData(1UL << 30, 0x200000UL, 0x3000UL)]
    [InlineData(2UL << 20, 0x1000UL, 0x4000UL)]
    [InlineData((1UL << 30) + (2 << 20), 0x200000UL, 0x4000UL)]
    public void FindProblem_TablesThatDoNotFit_SaysHowMuchTheyNeed(ulong mapBytes, ulong pageSize, ulong needed)
    {
        var fits = Region(0x1000, needed, RegionContent.PageTables) with { MapBytes = mapBytes, PageSize = pageSize };
        var small = Region(0x1000, needed - 0x1000, RegionContent.PageTables) with { MapBytes = mapBytes, PageSize = pageSize };

        Assert.Null(BootPlans.For(Spec(fits, Gdt, Stack, Image)).FindProblem());
        AssertProblem($"{needed} bytes", small, Gdt, Stack, Image);
    }

    [Fact]
    public void Plan_DeviceAboveWhatIsMapped_HasTablesOfItsOwn()
    {
        var bank = new RegisterBankSpec(0xD000_0000, 0x1000, []);
        AssertProblem("16384 bytes", [bank], Tables, Gdt, Stack, Image);

        var larger = Region(0x1000, 0x4000, RegionContent.PageTables) with { MapBytes = 1 << 30 };
        using var memory = Apply(Spec(larger, Gdt, Stack, Image) with { Devices = [bank] }, out _);

        Assert.Equal(0xD000_0123UL, PageTables.Walk(memory, 0x1000, 0xD000_0123)?.Physical);
        Assert.Null(PageTables.Walk(memory, 0x1000, 0xC000_0000));
    }

    [Fact]
    public void Apply_SeveralVcpus_ShareTheStackRegion()
    {
        using var memory = Apply(Spec(Tables, Gdt, Stack, Image) with { Vcpus = 4 }, out var states);

        Assert.Equal([0x10000UL, 0xD800UL, 0xB000UL, 0x8800UL], states.Select(state => state.Registers.rsp));
        Assert.Equal([0UL, 1UL, 2UL, 3UL], states.Select(state => state.Registers.r8));
    }

    [Fact]
    public void Apply_Gdt_HasFourEntries()
    {
        using var memory = Apply(Spec(Tables, Gdt, Stack, Image), out var states);

        Assert.Equal(new LongModeTables(0x1000, 0x5000, 31), Assert.Single(states).Tables);
        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0x5000), 32, out var gdt));
        Assert.Equal("0000000000000000ffff0000009baf00ffff00000093cf000000000000000000", Convert.ToHexStringLower(gdt));
    }

    [VmFact]
    public void Apply_OnKvm_RunsWhereItIsPutAndSeesEachRegionAsASlot()
    {
        using var vm = new BootedVm(Spec(Tables, Gdt, Stack, Image));

        vm.RunToHlt();

        Assert.Equal(0x10001UL, vm.Vcpus[0].GetRegisters().rip);
        kvm_sregs special = vm.Vcpus[0].GetSpecialRegisters();
        Assert.Equal((0x1000UL, 0x5000UL, 0UL), (special.cr3, special.gdt.@base, (ulong)special.idt.limit));
    }

    private static RegionSpec Region(ulong address, ulong size, RegionContent content) =>
        new(new MemoryRange(new GuestPhysAddr(address), size), content);

    private static MachineSpec Spec(params RegionSpec[] regions) =>
        Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB, loadAddress: 0x10000) with
        {
            Image = FlatImage.Parse(new Code64().Hlt().ToArray(), new GuestPhysAddr(0x10000), 0),
            Regions = regions,
        };

    private static GuestMemory Apply(MachineSpec spec, out IReadOnlyList<VcpuBootState> states)
    {
        var plan = BootPlans.For(spec);
        Assert.Null(plan.FindProblem());
        var memory = GuestMemory.Allocate([.. plan.Ranges]);
        states = plan.Apply(memory);
        return memory;
    }

    private static void AssertProblem(string named, params RegionSpec[] regions) => AssertProblem(named, [], regions);

    private static void AssertProblem(string named, DeviceSpec[] devices, params RegionSpec[] regions) =>
        Assert.Contains(named, BootPlans.For(Spec(regions) with { Devices = devices }).FindProblem()?.Problem, StringComparison.Ordinal);
}
