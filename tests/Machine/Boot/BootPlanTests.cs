using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Boot;

public class BootPlanTests
{
    [Theory]
    [InlineData(BootProtocol.Real16)]
    [InlineData(BootProtocol.Protected32)]
    [InlineData(BootProtocol.Long64)]
    [InlineData(BootProtocol.Elf64)]
    public void FindProblem_SmallImage_IsNull(BootProtocol boot) => Assert.Null(Problem(Machines.Blank(boot, 4 * Machines.MiB)));

    [Theory]
    [InlineData(0, 0x1F_6000)]
    [InlineData(0x20_0000, 0x1000)]
    public void FindProblem_ImageRightBesideTheBootStructures_IsNull(ulong address, int bytes) =>
        Assert.Null(Problem(Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB, address, bytes)));

    [Theory]
    [InlineData(0, 0x1F_6001)]
    [InlineData(0x1F_F000, 0x1000)]
    [InlineData(0x1F_FFFF, 1)]
    [InlineData(0x1F_6000, 1)]
    [InlineData(0x10_0000, 0x20_0000)]
    public void FindProblem_ImageOverBootStructures_NamesTheImageAndBothRanges(ulong address, int bytes)
    {
        var problem = Problem(Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB, address, bytes));

        Assert.Equal("Image", problem?.Key);
        Assert.Contains($"0x{address:x}, {bytes} bytes", problem?.Problem, StringComparison.Ordinal);
        Assert.Contains("overlaps the boot structures at 0x1f6000 to 0x200000", problem?.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BootProtocol.Real16)]
    [InlineData(BootProtocol.Protected32)]
    public void FindProblem_NoBootStructures_LeavesTheirPlaceToTheImage(BootProtocol boot) =>
        Assert.Null(Problem(Machines.Blank(boot, 4 * Machines.MiB, 0, 0x20_0000)));

    [Theory]
    [InlineData(BootProtocol.Real16, 0xF_FFFF, 2)]
    [InlineData(BootProtocol.Protected32, 0x10_0000, 1)]
    [InlineData(BootProtocol.Protected32, 0xFFFF_FFFF_0000_0000, 1)]
    public void FindProblem_ImageOutsideMemory_NamesItAndTheSize(BootProtocol boot, ulong address, int bytes)
    {
        var problem = Problem(Machines.Blank(boot, 1 * Machines.MiB, address, bytes));

        Assert.Equal("Image", problem?.Key);
        Assert.Contains("is outside the VM's 1 MiB of memory", problem?.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1 * Machines.MiB)]
    [InlineData(2 * Machines.MiB)]
    public void FindProblem_MemoryTooSmallForBootStructures_SaysSo(ulong bytes) =>
        Assert.Equal("MemoryMiB", Problem(Machines.Blank(BootProtocol.Long64, bytes))?.Key);

    [Fact]
    public void FindProblem_StacksOfAllVcpusLeaveNothing_SaysSo()
    {
        // 1 MiB of free memory holds 64 stacks.
        var spec = Machines.Blank(BootProtocol.Long64, 3 * Machines.MiB);

        Assert.Null(Problem(spec with { Vcpus = 64 }));
        Assert.Equal("MemoryMiB", Problem(spec with { Vcpus = 65 })?.Key);
        Assert.Contains("100000 vCPUs", Problem(spec with { Vcpus = 100_000 })?.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void FindProblem_ImageReachesIntoTheLastStacks_SaysSo() => Assert.Equal(
        "MemoryMiB", Problem(Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB, 0x20_0000, 0x1F_D000) with { Vcpus = 2 })?.Key);

    [Fact]
    public void FindProblem_ArgsTooLong_SaysHowMuchFits()
    {
        var spec = Machines.Blank(BootProtocol.Long64, 4 * Machines.MiB);

        Assert.Null(Problem(spec with { Args = [new string('x', 8000)] }));
        Assert.Null(Problem(spec with { Args = [new string('x', 131_071)] }));
        Assert.Equal("Args", Problem(spec with { Env = ["A=" + new string('y', 131_070)] })?.Key);
        var problem = Problem(spec with { Args = Enumerable.Repeat(new string('x', 100_000), 21).ToArray() });
        Assert.Equal("Args", problem?.Key);
        Assert.Contains("a program may have 2097152", problem?.Problem, StringComparison.Ordinal);
    }

    // The program's own stack is made of these pages, so they belong to nothing else.
    [Theory]
    [InlineData(1, 1, 100_000)]
    [InlineData(3, 19, 100_000)]
    [InlineData(2, 100_000, 1)]
    public void Apply_LongArgs_AreBelowFreeMemory(int vcpus, int count, int length)
    {
        var args = Enumerable.Repeat(new string('x', length), count).ToArray();
        var spec = Machines.Blank(BootProtocol.Long64, 32 * Machines.MiB, 0x20_0000, 0x12_3456) with { Vcpus = vcpus, Args = args };
        using var memory = Apply(spec, out var states);
        var end = 32 * Machines.MiB;
        foreach (var state in states)
        {
            var registers = state.Registers;
            Assert.Equal(args, StackReader.Read(memory, registers.rsp).Args);
            Assert.InRange(registers.rsp, registers.rcx + ((ulong)count * 8) + 0x1000, registers.rdx);
            Assert.Equal((0UL, 0UL), (registers.rcx % 4096, registers.rdx % 4096));
        }

        var first = states[0].Registers;
        Assert.Equal(first.rdi, first.rdx);
        Assert.InRange(first.rcx, 0x20_0000UL + 0x12_3456, first.rdx);
        foreach (var state in states.Reverse().SkipLast(1))
        {
            Assert.InRange(state.Registers.rcx, first.rdi + first.rsi, state.Registers.rdx);
            Assert.InRange(state.Registers.rdx, state.Registers.rcx, end);
        }
    }

    [Fact]
    public void FindProblem_LongArgsOutsideTheIdentityMap_SaysSo() => Assert.Equal(
        "IdentityMiB", Problem(Machines.Blank(BootProtocol.Long64, 16 * Machines.MiB) with { IdentityBytes = 2 * Machines.MiB, Args = [new string('x', 10_000)] })?.Key);

    [Fact]
    public void FindProblem_Real16EntryOver64K_SaysSo()
    {
        Assert.Null(Problem(Machines.Blank(BootProtocol.Real16, 1 * Machines.MiB, 0xFFFF, 1)));

        var problem = Problem(Machines.Blank(BootProtocol.Real16, 1 * Machines.MiB, 0, 0x2_0000, entry: 0x1_0000));
        Assert.Equal("Entry", problem?.Key);
        Assert.Contains("0x10000", problem?.Problem, StringComparison.Ordinal);
    }

    // Such guests would fault before their first instruction, or at their first push.
    [Fact]
    public void FindProblem_EntryOutsideTheIdentityMap_SaysSo() => Assert.NotNull(
        Problem(Machines.Blank(BootProtocol.Long64, 16 * Machines.MiB, loadAddress: 8 * Machines.MiB) with { IdentityBytes = 2 * Machines.MiB }));

    [Fact]
    public void FindProblem_IdentityMapWithoutTheStacksOfFurtherVcpus_SaysSoOrMapsThem()
    {
        var spec = Machines.Blank(BootProtocol.Long64, 16 * Machines.MiB) with { IdentityBytes = 4 * Machines.MiB, Vcpus = 2 };
        if (Problem(spec) is not null)
        {
            return;
        }

        using var memory = Apply(spec, out var states);

        Assert.All(states, state => Assert.NotNull(PageTables.Walk(memory, MemoryLayout.Pml4, state.Registers.rsp - 8)));
    }

    [Theory]
    [InlineData(4 * Machines.MiB, 1, 0, 1)]
    [InlineData(16 * Machines.MiB, 8, 0x20_0000, 0x12_3456)]
    [InlineData(3 * Machines.GiB, 3, 0, 1)]
    [InlineData(5 * Machines.GiB, 4, 0, 1)]
    public void Apply_FreeMemory_IsDisjointFromEverythingElse(ulong bytes, int vcpus, ulong load, int imageBytes)
    {
        var args = new[] { "/bin/program", "argument" };
        var spec = Machines.Blank(BootProtocol.Long64, bytes, load, imageBytes) with { Vcpus = vcpus, Args = args };
        using var memory = Apply(spec, out var states);
        var lowEnd = Math.Min(bytes, 3 * Machines.GiB);
        var first = states[0].Registers;
        var (freeStart, freeEnd) = (first.rdi, first.rdi + first.rsi);

        Assert.Equal(0UL, freeStart % 4096);
        Assert.InRange(freeStart, Math.Max(0x20_0000, load + (ulong)imageBytes), freeEnd);
        Assert.InRange(freeEnd, freeStart, lowEnd);
        Assert.Equal((ulong)0x20_0000, AlignUp(first.rsp, 0x1000));
        foreach (var (index, state) in states.Index())
        {
            var registers = state.Registers;
            Assert.Equal(((ulong)index, (ulong)vcpus, freeStart, first.rsi), (registers.r8, registers.r9, registers.rdi, registers.rsi));
            Assert.Equal(bytes > lowEnd ? (4 * Machines.GiB, bytes - lowEnd) : (0UL, 0UL), (registers.r10, registers.r11));
            Assert.Equal((2UL, spec.Image.Entry.Value), (registers.rflags, registers.rip));
            Assert.Equal(args, StackReader.Read(memory, registers.rsp).Args);

            // Each further stack has its 16 KiB from the very top of low memory downwards.
            var top = index == 0 ? 0x20_0000 : lowEnd - ((ulong)(index - 1) * 0x4000);
            Assert.InRange(registers.rsp, top - 0x4000, top);
            Assert.True(index == 0 || top - 0x4000 >= freeEnd);
        }

        // The tables that have no fixed place: in memory, neither free nor in a stack.
        var stacksStart = lowEnd - ((ulong)(vcpus - 1) * 0x4000);
        for (var gigabyte = 1UL; gigabyte < 8; gigabyte++)
        {
            memory.TryRead(new GuestPhysAddr(0x1F_8000 + (gigabyte * 8)), out ulong entry);
            Assert.True(entry == 0 || ((entry & ~0xFFFUL) >= freeEnd && (entry & ~0xFFFUL) < stacksStart));
        }
    }

    [Fact]
    public void Apply_ProtocolsWithoutBootStructures_WriteTheImageOnly()
    {
        var spec = Machines.Blank(BootProtocol.Protected32, 3 * Machines.MiB, 0x10_0000, 16, entry: 4);
        using var memory = Apply(spec, out var states);

        Assert.Equal((0x10_0004UL, 0UL, 0UL), (states[0].Registers.rip, states[0].Registers.rsp, states[0].Registers.rdi));
        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0), 3 * Machines.MiB, out var bytes));
        Assert.False(bytes.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Apply_DespiteAProblem_ThrowsAndNamesTheVm()
    {
        var spec = Machines.Blank(BootProtocol.Protected32, 1 * Machines.MiB, 0x10_0000, 16);
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), Machines.MiB));

        var error = Assert.Throws<InvalidOperationException>(() => new BootPlan(spec).Apply(memory));
        Assert.Contains("blank", error.Message, StringComparison.Ordinal);
    }

    private static (string Key, string Problem)? Problem(MachineSpec spec) => new BootPlan(spec).FindProblem();

    private static GuestMemory Apply(MachineSpec spec, out IReadOnlyList<VcpuBootState> states)
    {
        var plan = new BootPlan(spec);
        Assert.Null(plan.FindProblem());
        var memory = GuestMemory.Allocate([.. plan.Ranges]);
        states = plan.Apply(memory);
        return memory;
    }

    private static ulong AlignUp(ulong value, ulong alignment) => (value + alignment - 1) / alignment * alignment;
}
