using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Execution;

/// <summary>What becomes of each kind of exit, one exit at a time.</summary>
public class ExitDispatcherTests
{
    private const ushort CallPort = 0x8000, ExitPort = 0xF4, SerialPort = 0x2F8;

    // DS 0xFFFF and this offset: the first address after 1 MiB of memory that is a multiple of 0x1000.
    private const ushort BankOffset = 0x4010;
    private const ulong BankAddress = 0x10_4000;

    [VmFact]
    public void Dispatch_OutToADevicesPort_TheDeviceDecidesHowItEnds()
    {
        using var vm = new DispatchedVm(Real(new Code16().MovDx(ExitPort).MovAl(7).OutDx(1), new DebugExitSpec(ExitPort)));

        Assert.Equal(new VcpuEnd(VcpuEndKind.Exited, Status: 7) { EndsVm = true }, vm.Next());
        Assert.Equal(ExitSite.Port(ExitPort), vm.Dispatcher.LastSite);
    }

    [VmFact]
    public void Dispatch_InFromADevicesPort_TheGuestGetsItsAnswerAndGoesOn()
    {
        using var vm = new DispatchedVm(Real(new Code16().MovDx(SerialPort + 5).InDx(1).Hlt(), new SerialDeviceSpec(SerialPort)));

        Assert.Null(vm.Next());
        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Next());

        // Ready to send, nothing received.
        Assert.Equal(0x60, (byte)vm.Vcpu.GetRegisters().rax);
    }

    [VmFact]
    public void Dispatch_AddressOfADevice_TheGuestGetsItsAnswerAndGoesOn()
    {
        var bank = new RegisterBankSpec(BankAddress, 0x1000, [new BankRegister(0, 2, 0xCAFE)]);
        using var vm = new DispatchedVm(Real(new Code16().MovDs(0xFFFF).Load(2, BankOffset).Hlt(), bank));

        Assert.Null(vm.Next());
        Assert.Equal(new ExitSite(ExitSiteKind.Device, BankAddress, "RegisterBank"), vm.Dispatcher.LastSite);
        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Next());
        Assert.Equal(0xCAFE, (ushort)vm.Vcpu.GetRegisters().rax);
    }

    [VmFact]
    public void Dispatch_AddressThatNothingClaims_Crashes()
    {
        var bank = new RegisterBankSpec(BankAddress + 0x1000, 0x1000, []);
        using var vm = new DispatchedVm(Real(new Code16().MovDs(0xFFFF).Load(2, BankOffset), bank));

        Assert.Equal(VcpuEndKind.Crashed, vm.Next()?.Kind);
        Assert.Equal(new ExitSite(ExitSiteKind.Unclaimed, BankAddress), vm.Dispatcher.LastSite);
    }

    [VmFact]
    public void Dispatch_ConsolePort_KeepsAnUnfinishedLineUntilSomethingElseHappens()
    {
        using var vm = new DispatchedVm(Machines.Long64(new Code64().Print("ab").Hlt()));

        Assert.Null(vm.Next());
        Assert.Null(vm.Next());
        Assert.Equal("", vm.Output.Text());

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Next());
        Assert.Equal("ab", vm.Output.Text());
    }

    [VmFact]
    public void Dispatch_ClaimedPort_IsAHypercallAndTheGuestGoesOn()
    {
        var calls = new FakeHypercalls(CallPort);
        using var vm = new DispatchedVm(Machines.Long64(new Code64().Out(CallPort, 0x1234).Hlt()), calls);

        Assert.Null(vm.Next());

        Assert.Equal([0x1234U], calls.Calls);
        Assert.Equal(ExitSite.Port(CallPort), vm.Dispatcher.LastSite);
        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Next());
    }

    [VmFact]
    public void Dispatch_HypercallThatEndsTheVcpu_IsItsEnd()
    {
        var end = new VcpuEnd(VcpuEndKind.Exited, Status: 3);
        using var vm = new DispatchedVm(Machines.Long64(new Code64().Out(CallPort, 0)), new FakeHypercalls(CallPort) { Answer = _ => end });

        Assert.Same(end, vm.Next());
    }

    [VmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispatch_PortThatNothingClaims_Crashes(bool hasHypercalls)
    {
        var calls = new FakeHypercalls(CallPort);
        using var vm = new DispatchedVm(Machines.Long64(new Code64().Out(CallPort + 1, 5)), hasHypercalls ? calls : null);

        var end = vm.Next();

        Assert.Equal(VcpuEndKind.Crashed, end?.Kind);
        Assert.StartsWith("unclaimed port 0x8001: out of 4 bytes, value 0x5, RIP 0x", end?.Message, StringComparison.Ordinal);
        Assert.Equal(ExitSite.Port(CallPort + 1), vm.Dispatcher.LastSite);
        Assert.Empty(calls.Calls);
    }

    // A device comes before the console, and the console before hypercalls; but a console is only written to.
    [VmFact]
    public void Dispatch_PortsThatSeveralClaim_GoToTheDeviceThenTheConsoleThenTheHypercalls()
    {
        var calls = new FakeHypercalls(SerialPort, 0x3F8, 0xE9);
        var code = new Code16().MovAl((byte)'s').MovDx(SerialPort).OutDx(1).MovAl((byte)'c').MovDx(0xE9).OutDx(1).InDx(1).Hlt();
        using var vm = new DispatchedVm(Real(code, new SerialDeviceSpec(SerialPort)), calls);

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.RunToEnd());

        Assert.Equal("sc", vm.Output.Text());
        Assert.Single(calls.Calls);
    }

    [VmFact]
    public void Dispatch_OutputBeforeAHypercall_IsOutBeforeTheCallIsServed()
    {
        DispatchedVm? vm = null;
        var seen = "";
        var calls = new FakeHypercalls(CallPort) { Answer = _ => Note(vm!.Output.Text()) };
        using (vm = new DispatchedVm(Machines.Long64(new Code64().Print("first").Out(CallPort, 0).Hlt()), calls))
        {
            vm.RunToEnd();
        }

        Assert.Equal("first", seen);

        VcpuEnd? Note(string text)
        {
            seen = text;
            return null;
        }
    }

    // Where KVM cannot gather, each write exits, and the order is the same.
    [VmFact]
    public void Dispatch_GatheredOutput_KeepsItsPlaceAmongTheOther()
    {
        const ushort Quiet = 0x402;
        var code = new Code64().OutByte(Quiet, 'a').OutByte(Quiet, 'b').OutByte(0x3F8, 'c').OutByte(Quiet, 'd').Hlt();
        using var vm = new DispatchedVm(Machines.Long64(code) with { Devices = [new ConsoleDeviceSpec(Quiet, IsCoalesced: true)] });

        vm.RunToEnd();

        Assert.Equal("abcd", vm.Output.Text());
    }

    [VmFact]
    public void Dispatch_Kick_TheGuestIsEnteredAgain()
    {
        using var vm = new DispatchedVm(Real(new Code16().Hlt()));
        vm.Vcpu.Kick();

        Assert.Null(vm.Next());
        Assert.Equal(VcpuExitReason.Intr, vm.Reason);

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.Next());
    }

    [VmFact]
    public void Dispatch_Kick_LetsTheOutputOut()
    {
        using var vm = new DispatchedVm(Real(new Code16().MovDx(0xE9).MovAl((byte)'x').OutDx(1).Hlt()));
        Assert.Null(vm.Next());
        vm.Vcpu.Kick();

        Assert.Null(vm.Next());

        Assert.Equal((VcpuExitReason.Intr, "x"), (vm.Reason, vm.Output.Text()));
    }

    [VmFact]
    public void Dispatch_StepThatNobodyExpects_Crashes()
    {
        using var vm = new DispatchedVm(Machines.Long64(new Code64().Print("x").Mov(rax, 1).Hlt()));
        Assert.Null(vm.Next());
        vm.Vcpu.SetDebug(new VcpuDebug { SingleStep = true });

        var end = vm.Next();

        if (TestMachine.Has(KvmAbility.Ring0SingleStep))
        {
            Assert.Equal((VcpuExitReason.Debug, VcpuEndKind.Crashed), (vm.Reason, end?.Kind));
            Assert.StartsWith("debug exception 1 at 0x", end?.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), end);
        }

        Assert.Equal("x", vm.Output.Text());
    }

    private static MachineSpec Real(Code16 code, params DeviceSpec[] devices) => Machines.Real16(code) with { Devices = devices };
}
