using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Machine.Devices;

namespace KvmActors.Host.Tests.Configuration;

public sealed class DeviceValidatorTests
{
    private static readonly string[] Bank = ["Type=RegisterBank", "Address=0xfed00000", "Length=16"];

    [Fact]
    public void Read_Console_HasItsPort()
    {
        Assert.Equal(new ConsoleDeviceSpec(0x217), Accept("Type=Console", "Port=0x217"));
        Assert.Equal(new ConsoleDeviceSpec(535, IsCoalesced: true), Accept("Type=console", "Port=535", "Coalesced=true"));
    }

    [Fact]
    public void Read_Serial_HasItsFirstPort() => Assert.Equal(new SerialDeviceSpec(0x3F8), Accept("Type=Serial", "Port=0x3f8"));

    [Fact]
    public void Read_DebugExit_HasItsPort() => Assert.Equal(new DebugExitSpec(0xF4), Accept("Type=DebugExit", "Port=0xf4"));

    [Theory]
    [InlineData(4, "Port=0x500")]
    [InlineData(1, "Port=0x500", "Size=1")]
    [InlineData(2, "Port=0x500", "Size=2")]
    [InlineData(4, "Port=0x500", "Size=4")]
    public void Read_Doorbell_HasItsPortAndSize(int size, params string[] settings) =>
        Assert.Equal(new DoorbellSpec(0x500, size), Accept(["Type=Doorbell", .. settings]));

    [Fact]
    public void Read_RegisterBank_HasItsRegisters()
    {
        var bank = Assert.IsType<RegisterBankSpec>(Accept(
            [.. Bank, "Registers:0:Offset=0", "Registers:0:Value=0x1234", "Registers:1:Offset=8", "Registers:1:Size=8", "Registers:1:Value=18446744073709551615"]));

        Assert.Equal((0xFED0_0000UL, 16), (bank.Address, bank.Length));
        Assert.Equal([new BankRegister(0, 4, 0x1234), new BankRegister(8, 8, ulong.MaxValue)], bank.Registers);
    }

    [Theory]
    [InlineData("Length=1")]
    [InlineData("Length=1048576")]
    [InlineData("Address=0xffffffffffff0")]
    [InlineData("Registers:0:Offset=15", "Registers:0:Size=1")]
    [InlineData("Registers:0:Offset=14", "Registers:0:Size=2")]
    public void Read_RegisterBankAtTheEndsOfARange_IsAccepted(params string[] settings) => Accept(Bank.Concat(settings));

    [Theory]
    [InlineData("missing; use one of Console, Serial, RegisterBank, Doorbell, DebugExit", "Port=1")]
    [InlineData("'Printer' is unknown", "Type=Printer", "Port=1")]
    public void Read_NoType_IsRefused(string problem, params string[] settings) => Refuse("Type", problem, settings);

    [Theory]
    [InlineData("Console", "0")]
    [InlineData("Console", "0x7fff")]
    [InlineData("DebugExit", "0x8100")]
    [InlineData("Doorbell", "0xfffe")]
    [InlineData("Serial", "0")]
    [InlineData("Serial", "0x7ff8")]
    [InlineData("Serial", "0x8100")]
    [InlineData("Serial", "0xfff7")]
    public void Read_PortBesideTheHypercalls_IsAccepted(string type, string port) => Accept($"Type={type}", $"Port={port}");

    [Theory]
    [InlineData("Console", "0x8000")]
    [InlineData("Console", "0xffff")]
    [InlineData("Console", "0x10000")]
    [InlineData("DebugExit", "0x80ff")]
    [InlineData("Doorbell", "0x8005")]
    [InlineData("Doorbell", "18446744073709551615")]
    [InlineData("Serial", "0x7ff9")]
    [InlineData("Serial", "0x80ff")]
    [InlineData("Serial", "0xfff8")]
    [InlineData("Serial", "0xfff9")]
    [InlineData("Serial", "18446744073709551610")]
    public void Read_PortOfAHypercallOrNone_IsRefused(string type, string port) =>
        Refuse("Port", $"'{port}' is no port from 0 to 0xffff outside the hypercalls' 0x8000 to 0x80ff and 0xffff", [$"Type={type}", $"Port={port}"]);

    [Theory]
    [InlineData("Console")]
    [InlineData("Serial")]
    [InlineData("Doorbell")]
    [InlineData("DebugExit")]
    public void Read_NoPort_IsRefused(string type)
    {
        Refuse("Port", "'' is no port", [$"Type={type}"]);
        Refuse("Port", "'COM1' is no number", [$"Type={type}", "Port=COM1"]);
    }

    [Theory]
    [InlineData("Console", "Size", "Size=4")]
    [InlineData("Console", "Address", "Address=0")]
    [InlineData("Console", "Length", "Length=1")]
    [InlineData("Console", "Registers", "Registers:0:Offset=0")]
    [InlineData("Serial", "Coalesced", "Coalesced=false")]
    [InlineData("Serial", "Size", "Size=1")]
    [InlineData("Doorbell", "Coalesced", "Coalesced=true")]
    [InlineData("DebugExit", "Size", "Size=1")]
    [InlineData("DebugExit", "Length", "Length=1")]
    public void Read_KeyOfAnotherType_IsRefused(string type, string key, string setting) =>
        Refuse(key, $"a {type} has none", [$"Type={type}", "Port=0x500", setting]);

    [Theory]
    [InlineData("Port", "Port=0x500")]
    [InlineData("Coalesced", "Coalesced=true")]
    [InlineData("Size", "Size=4")]
    public void Read_KeyOfAPortForABank_IsRefused(string key, string setting) => Refuse(key, "a RegisterBank has none", [.. Bank, setting]);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(-1)]
    public void Read_DoorbellOfAnotherSize_IsRefused(int size) =>
        Refuse("Size", $"{size} is not 1, 2 or 4", ["Type=Doorbell", "Port=0x500", $"Size={size}"]);

    [Theory]
    [InlineData("Address", "'' is no guest-physical address below 0x10000000000000", "Address")]
    [InlineData("Address", "'0x10000000000000' is no guest-physical address", "Address=0x10000000000000")]
    [InlineData("Address", "'top' is no number", "Address=top")]
    [InlineData("Length", "0 is not from 1 to 1048576", "Length")]
    [InlineData("Length", "-1 is not", "Length=-1")]
    [InlineData("Length", "1048577 is not", "Length=1048577")]
    [InlineData("Registers:0:Size", "3 is not 1, 2, 4 or 8", "Registers:0:Size=3")]
    [InlineData("Registers:0:Value", "'red' is no number", "Registers:0:Value=red")]
    [InlineData("Registers:0:Offset", "'0x10' with 4 bytes is outside the bank's 16", "Registers:0:Offset=0x10")]
    [InlineData("Registers:0:Offset", "'13' with 4 bytes is outside the bank's 16", "Registers:0:Offset=13")]
    [InlineData("Registers:0:Offset", "with 8 bytes is outside the bank's 16", "Registers:0:Offset=0xffffffffffffffff", "Registers:0:Size=8")]
    [InlineData("Registers:0:Value", "'256' does not fit into 1 bytes", "Registers:0:Size=1", "Registers:0:Value=256")]
    [InlineData("Registers:1:Offset", "another register has bytes at '2' already", "Registers:0:Offset=0", "Registers:1:Offset=2", "Registers:1:Size=2")]
    [InlineData("Registers:1:Offset", "'16' with 1 bytes", "Registers:0:Offset=15", "Registers:0:Size=1", "Registers:1:Offset=16", "Registers:1:Size=1")]
    public void Read_WrongBank_IsRefused(string key, string problem, params string[] settings) => Refuse(key, problem, Bank.Concat(settings));

    [Theory]
    [InlineData(0x3F7, false)]
    [InlineData(0x3F8, true)]
    [InlineData(0x3FF, true)]
    [InlineData(0x400, false)]
    public void FindOverlaps_PortOfAnother_IsAProblemOfTheLater(int port, bool overlaps)
    {
        foreach (var device in (DeviceSpec[])[new ConsoleDeviceSpec((ushort)port), new DoorbellSpec((ushort)port, 4), new DebugExitSpec((ushort)port)])
        {
            Assert.Equal(overlaps ? ["Vm:Devices:1:Port: another device has the port already"] : [], Overlaps([new SerialDeviceSpec(0x3F8), device]));
        }
    }

    [Theory]
    [InlineData(0xFF0, 0x10, false)]
    [InlineData(0xFF0, 0x11, true)]
    [InlineData(0x1800, 1, true)]
    [InlineData(0x2FFF, 1, true)]
    [InlineData(0x3000, 0x10, false)]
    public void FindOverlaps_BankWhereMemoryIs_IsAProblem(ulong address, int length, bool overlaps) => Assert.Equal(
        overlaps ? [$"Vm:Devices:0:Address: there is memory at 0x{address:x}: accesses would never reach the device"] : [],
        Overlaps([new RegisterBankSpec(address, length, [])], new MemoryRange(new GuestPhysAddr(0x1000), 0x2000)));

    [Fact]
    public void FindOverlaps_BankInABank_IsAProblem()
    {
        var problems = new Problems();

        DeviceValidator.FindOverlaps(
            "Vm", [new RegisterBankSpec(0xFE00_0000, 16, []), new RegisterBankSpec(0xFE00_0010, 16, []), new RegisterBankSpec(0xFE00_0008, 1, [])], [], problems);

        Assert.StartsWith("Vm:Devices:2:Address: another device has addresses", Assert.Single(problems.Lines()), StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Overlaps(DeviceSpec[] devices, params MemoryRange[] memory)
    {
        var problems = new Problems();
        DeviceValidator.FindOverlaps("Vm", devices, memory, problems);
        return problems.Lines();
    }

    private static DeviceSpec Accept(params IEnumerable<string> settings)
    {
        var problems = new Problems();
        var device = new DeviceValidator(problems).Read("Device", Settings.Read<DeviceOptions>(settings));
        Assert.Empty(problems.Lines());
        return device!;
    }

    private static void Refuse(string key, string problem, IEnumerable<string> settings)
    {
        var problems = new Problems();
        Assert.Null(new DeviceValidator(problems).Read("Device", Settings.Read<DeviceOptions>(settings)));
        var line = Assert.Single(problems.Lines());
        Assert.StartsWith($"Device:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
    }
}
