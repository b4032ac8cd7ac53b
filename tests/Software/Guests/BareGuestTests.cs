using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Images;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Software.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Software.Tests.Guests;

/// <summary>The programs of guest/bare, which need no kernel.</summary>
public sealed class BareGuestTests
{
    private static readonly DeviceSpec Console = new ConsoleDeviceSpec(0x217);

    private static readonly Dictionary<string, MachineSpec> Guests = new()
    {
        ["real"] = GuestImages.Machine("bare/real.bin", BootProtocol.Real16, 1) with { Devices = [Console] },
        ["modes"] = GuestImages.Machine("bare/modes.bin", BootProtocol.Real16, 1),
        ["long"] = GuestImages.Machine("bare/long.bin", BootProtocol.Long64) with { Devices = [Console] },
        ["stub32"] = GuestImages.Machine("bare/stub32.elf", BootProtocol.Protected32, 2),
        ["answer"] = GuestImages.Machine("bare/answer.bin", BootProtocol.Long64),
        ["halt"] = GuestImages.Machine("bare/halt.bin", BootProtocol.Long64),
        ["registers"] = GuestImages.Machine("bare/registers.elf", BootProtocol.Elf64),
        ["hypercalls"] = GuestImages.Machine("bare/hypercalls.elf", BootProtocol.Elf64),
        ["null-call"] = GuestImages.Machine("bare/null-call.bin", BootProtocol.Long64),
        ["triple"] = GuestImages.Machine("bare/triple.bin", BootProtocol.Long64),
        ["triple-real"] = GuestImages.Machine("bare/triple-real.bin", BootProtocol.Real16, 1),
        ["unclaimed-port"] = GuestImages.Machine("bare/unclaimed-port.bin", BootProtocol.Long64),
        ["unclaimed-read"] = GuestImages.Machine("bare/unclaimed-read.bin", BootProtocol.Long64),
        ["unclaimed-mmio"] = GuestImages.Machine("bare/unclaimed-mmio.bin", BootProtocol.Long64),
        ["serial-echo"] = GuestImages.Machine("bare/serial-echo.bin", BootProtocol.Long64) with
        {
            Devices = [new SerialDeviceSpec(0x3F8)],
            Input = "hello\n"u8.ToArray(),
        },
        ["string-io"] = GuestImages.Machine("bare/string-io.bin", BootProtocol.Long64) with
        {
            Devices = [new SerialDeviceSpec(0x3F8)],
            Input = "wxyz"u8.ToArray(),
        },
        ["mmio-bank"] = GuestImages.Machine("bare/mmio-bank.bin", BootProtocol.Long64) with
        {
            Devices =
            [
                new RegisterBankSpec(0x2000_0000, 4096, [new(0, 4, 0x1122_3344), new(8, 8, 0x1122_3344_5566_7788), new(16, 4, 0xC0FF_EE01)]),
            ],
        },
        ["doorbell"] = GuestImages.Machine("bare/doorbell.bin", BootProtocol.Long64) with
        {
            Devices = [new DoorbellSpec(0x510, 4), new DoorbellSpec(0x511, 1)],
        },
        ["coalesced"] = GuestImages.Machine("bare/coalesced.bin", BootProtocol.Long64) with { Devices = [new ConsoleDeviceSpec(0x220, true)] },
        ["debug-exit"] = GuestImages.Machine("bare/debug-exit.bin", BootProtocol.Long64) with { Devices = [new DebugExitSpec(0xF4)] },
        ["smp-sum"] = GuestImages.Machine("bare/smp-sum.elf", BootProtocol.Elf64) with { Vcpus = 4 },
        ["smp-counter"] = GuestImages.Machine("bare/smp-counter.elf", BootProtocol.Elf64) with { Vcpus = 4 },
        ["smp-ticket"] = GuestImages.Machine("bare/smp-ticket.elf", BootProtocol.Elf64) with { Vcpus = 4 },
        ["smp-barrier"] = GuestImages.Machine("bare/smp-barrier.elf", BootProtocol.Elf64) with { Vcpus = 4 },
    };

    public static TheoryData<string> Names => [.. Guests.Keys];

    [Theory]
    [InlineData("real", VcpuEndKind.Halted)]
    [InlineData("modes", VcpuEndKind.Halted)]
    [InlineData("long", VcpuEndKind.Halted)]
    [InlineData("stub32", VcpuEndKind.Halted)]
    [InlineData("answer", VcpuEndKind.Halted)]
    [InlineData("triple", VcpuEndKind.Crashed)]
    [InlineData("triple-real", VcpuEndKind.Crashed)]
    [InlineData("unclaimed-mmio", VcpuEndKind.Crashed)]
    [InlineData("debug-exit", VcpuEndKind.Exited)]
    public void Run_OfAGuest_EndsAsItIsMeantTo(string name, VcpuEndKind end) =>
        Assert.Equal(end, GuestRun.Of(new SoftwareHypervisor(), Guests[name]).Ends[0].Kind);

    [KvmTheory]
    [MemberData(nameof(Names))]
    public void Run_OfAGuest_IsAsOnKvm(string name)
    {
        using var device = KvmDevice.Open();
        var native = GuestRun.Of(new KvmHypervisor(device), Guests[name]);

        var run = GuestRun.Of(new SoftwareHypervisor(), Guests[name]);

        Assert.Equal(native.Text, run.Text);
        Assert.Equal(native.Ends.Select(end => (end.Kind, end.Status, end.Message)), run.Ends.Select(end => (end.Kind, end.Status, end.Message)));
    }
}
