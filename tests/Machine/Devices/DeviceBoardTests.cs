using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Devices;

public class DeviceBoardTests
{
    private static readonly DeviceSpec[] Every =
    [
        new SerialDeviceSpec(0x2F8), new RegisterBankSpec(0xD000_0000, 0x1000, []), new DebugExitSpec(0xF4), new ConsoleDeviceSpec(0x402),
    ];

    [Theory]
    [InlineData(0x2F8, typeof(SerialDevice))]
    [InlineData(0x2FF, typeof(SerialDevice))]
    [InlineData(0xF4, typeof(DebugExit))]
    [InlineData(0x402, null)]
    [InlineData(0x60, null)]
    public void FindPort_Port_FindsTheDeviceThatClaimsIt(int port, Type? device)
    {
        using var board = Create(new FakeHypervisor(), Every);

        Assert.Equal(device, board.FindPort((ushort)port)?.GetType());
    }

    [Fact]
    public void FindPort_TwoDevicesClaimIt_TheFirstAnswers()
    {
        using var board = Create(new FakeHypervisor(), new DebugExitSpec(0x2F8), new SerialDeviceSpec(0x2F8));

        Assert.IsType<DebugExit>(board.FindPort(0x2F8));
        Assert.IsType<SerialDevice>(board.FindPort(0x2F9));
    }

    [Theory]
    [InlineData(0xD000_0000, 4, true)]
    [InlineData(0xD000_0FFC, 4, true)]
    [InlineData(0xD000_0FFE, 4, false)]
    [InlineData(0xC000_0000, 4, false)]
    public void FindMemory_Access_FindsTheDeviceThatClaimsAllOfIt(ulong address, int length, bool isFound)
    {
        using var board = Create(new FakeHypervisor(), Every);

        Assert.Equal(isFound, board.FindMemory(address, length) is RegisterBank);
    }

    [Fact]
    public void Reports_OnlyDevicesThatHaveSomethingToSay_InTheScenariosOrder()
    {
        using var board = Create(new FakeHypervisor(), [.. Every, new DoorbellSpec(0x510, 1)]);

        Assert.Equal(["RegisterBank", "Doorbell"], board.Reports.Select(report => report.Type));
    }

    [Fact]
    public void Create_CoalescedConsoles_TheirPortsAreGathered()
    {
        var host = new FakeHypervisor { Coalesces = true };

        using var board = Create(host, new ConsoleDeviceSpec(0x402), new ConsoleDeviceSpec(0x403, IsCoalesced: true), new ConsoleDeviceSpec(0x404, IsCoalesced: true));

        Assert.Equal([0x403, 0x404], host.CoalescedPorts);
    }

    [Fact]
    public void Create_HostRefusesOne_ThoseBeforeItAreGone()
    {
        var host = new FakeHypervisor { Refused = nameof(IVirtualMachine.TryCoalesce) };
        var before = Signals();

        Assert.Throws<KvmException>(() => Create(host, [.. Enumerable.Repeat(new DoorbellSpec(0x510, 1), 100), new ConsoleDeviceSpec(0x402, IsCoalesced: true)]));

        // Others of this process may come and go meanwhile, but not a hundred.
        Assert.InRange(Signals() - before, -50, 50);
    }

    [VmFact]
    public void DrainCoalesced_GatheredWrites_ReachTheConsoleOnce()
    {
        var code = new Code64().OutByte(0x402, 'a').OutByte(0x402, 'b').Out(0x1234, 0);
        using var vm = new DispatchedVm(Machines.Long64(code) with { Devices = [new ConsoleDeviceSpec(0x402, IsCoalesced: true)] });
        vm.RunToEnd();
        Assert.Equal("ab", vm.Output.Text());

        vm.Vm.Devices.DrainCoalesced(vm.Vcpu, vm.Console);
        vm.Console.Flush();

        Assert.Equal("ab", vm.Output.Text());
    }

    private static DeviceBoard Create(FakeHypervisor host, params DeviceSpec[] specs) => DeviceBoard.Create(specs, new GuestInput(default), host);

    private static int Signals() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(entry => new FileInfo(entry).LinkTarget?.Contains("eventfd", StringComparison.Ordinal) == true);
}
