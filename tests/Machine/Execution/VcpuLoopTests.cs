using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Execution;

public class VcpuLoopTests
{
    [VmFact]
    public void Run_GuestThatPrintsAndHalts_CountsEveryExit()
    {
        using var vm = new SessionVm(Machines.Long64(new Code64().Print("hello\nend").Hlt()));

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Run());

        Assert.Equal("hello\nend", vm.Output.Text());
        Assert.Equal(
            [(VcpuExitReason.Io, 9L), (VcpuExitReason.Hlt, 1L)],
            vm.Statistics.Exits.Select(row => (row.Reason, row.Durations.Host.Count)));
        Assert.Equal([0x3F8, 0x3F8, 0x3F8, 0], vm.Sampler.Samples.ToArray().Select(sample => (int)sample.Port));
    }

    [VmTheory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1000)]
    public void Run_MoreExitsThanAllowed_IsOutOfBudgetAtThatExit(int exits)
    {
        var budget = new RunBudget(new RunLimits { Exits = exits });
        var code = new Code64().Label(out var start).OutByte(0xE9, '.').JmpTo(start);
        using var vm = new SessionVm(Machines.Long64(code), new VcpuSessionOptions { Budget = budget });

        Assert.Equal(new VcpuEnd(VcpuEndKind.OutOfBudget), vm.Run());

        Assert.Equal((exits, exits, exits), (vm.Statistics.ExitCount, budget.Exits!.Used, vm.Output.Text().Length));
    }

    [VmFact]
    public void Run_AsManyExitsAsAllowed_EndsByItself()
    {
        var budget = new RunBudget(new RunLimits { Exits = 3 });
        using var vm = new SessionVm(Machines.Long64(new Code64().Print("ab").Hlt()), new VcpuSessionOptions { Budget = budget });

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Run());

        Assert.Equal(new LimitUse("Exits", 3, 3, 0), budget.Exits!.Use);
    }

    [VmFact]
    public void Run_StopRequestedBefore_NeverEnters()
    {
        using var vm = new SessionVm(Machines.Long64(new Code64().Print("x").Hlt()));
        vm.Stop.Request();

        Assert.Equal(new VcpuEnd(VcpuEndKind.Stopped), vm.Run());

        Assert.Empty(vm.Statistics.Exits);
    }

    [VmFact]
    public void Run_ConsoleDevice_TakesItsPort()
    {
        var code = new Code64().OutByte(0x402, 'a').OutByte(0xE9, 'b').OutByte(0x3F8, 'c').Hlt();
        using var vm = new SessionVm(Machines.Long64(code) with { Devices = [new ConsoleDeviceSpec(0x402)] });

        vm.Run();

        Assert.Equal("abc", vm.Output.Text());
    }

    [VmTheory]
    [InlineData(1, "unclaimed port 0x1234: out of 1 bytes, value 0xef, RIP 0x")]
    [InlineData(2, "unclaimed port 0x1234: out of 2 bytes, value 0xbeef, RIP 0x")]
    [InlineData(4, "unclaimed port 0x1234: out of 4 bytes, value 0xdeadbeef, RIP 0x")]
    public void Run_OutToAPortNothingClaims_NamesPortSizeAndValue(int size, string expected) =>
        AssertCrashes(new Code16().MovDx(0x1234).MovEax(0xDEAD_BEEF).OutDx(size), expected);

    // Reading from a console port is no console's business either.
    [VmTheory]
    [InlineData(0x60, "unclaimed port 0x60: in of 4 bytes, RIP 0x")]
    [InlineData(0x3F8, "unclaimed port 0x3f8: in of 4 bytes, RIP 0x")]
    public void Run_InFromAPortNothingClaims_NamesPortAndSize(int port, string expected) =>
        AssertCrashes(new Code16().MovDx((ushort)port).InDx(4), expected);

    [VmFact]
    public void Run_StoreOutsideMemory_NamesAddressAndData() => AssertCrashes(
        new Code16().MovDs(0xFFFF).MovEax(0x1122_3344).Store(4, 0x4010), "unclaimed address 0x104000: write of 4 bytes, 44332211, RIP 0x");

    [VmFact]
    public void Run_LoadOutsideMemory_NamesTheAddress() =>
        AssertCrashes(new Code16().MovDs(0xFFFF).Load(2, 0x4010), "unclaimed address 0x104000: read of 2 bytes, RIP 0x");

    [VmFact]
    public void Run_EightByteStoreOutsideMemory_NamesAllItsData()
    {
        // The identity map goes on to the end of the last large page; the memory does not.
        var code = new Code64().Mov(rcx, 0x1122_3344_5566_7788).Store(0x3F_0000, rcx).Hlt();
        using var vm = new SessionVm(Machines.Long64(code) with { MemoryBytes = 3 * Machines.MiB });

        Assert.StartsWith("unclaimed address 0x3f0000: write of 8 bytes, 8877665544332211, RIP 0x", vm.Run().Message, StringComparison.Ordinal);
    }

    [VmFact]
    public void Run_TripleFault_SaysSo() => AssertCrashes(
        new Code16().TripleFault(zeros: 0x1000),
        TestMachine.Has(KvmAbility.RegistersAfterShutdown) ? "triple fault, RIP 0x" : "triple fault, registers lost");

    [VmFact]
    public void Run_CodeOutsideMemory_SaysThatItCannotBeExecuted() => AssertCrashes(
        new Code16().JmpFar(0xFFFF, 0x4010),
        TestBackend.IsSoftware
            ? "there is no memory where the next instruction should be, RIP 0x"
            : "KVM cannot emulate the instruction (KVM_EXIT_INTERNAL_ERROR, suberror 1), RIP 0x");

    [VmFact]
    public void Run_OutputBeforeACrash_IsNotLost()
    {
        using var vm = new SessionVm(Machines.Real16(new Code16().MovDx(0xE9).MovAl((byte)'!').OutDx(1).MovDx(1).OutDx(1)));

        Assert.Equal(VcpuEndKind.Crashed, vm.Run().Kind);
        Assert.Equal("!", vm.Output.Text());
    }

    private static void AssertCrashes(Code16 code, string expected)
    {
        using var vm = new SessionVm(Machines.Real16(code.Hlt()));

        var end = vm.Run();

        Assert.Equal((VcpuEndKind.Crashed, null), (end.Kind, end.Status));
        Assert.StartsWith(expected, end.Message, StringComparison.Ordinal);
    }
}
