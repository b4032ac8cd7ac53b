using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Devices;

/// <summary>A 16550 as a driver that polls sees it: registers by their offsets (PC16550D, section 8).</summary>
public class SerialDeviceTests
{
    private const ushort Port = 0x2F8;
    private const ushort Data = Port, InterruptEnable = Port + 1, InterruptIdentification = Port + 2, LineControl = Port + 3;
    private const ushort ModemControl = Port + 4, LineStatus = Port + 5, ModemStatus = Port + 6, Scratch = Port + 7;

    [Theory]
    [InlineData(Port - 1, false)]
    [InlineData(Port, true)]
    [InlineData(Port + 7, true)]
    [InlineData(Port + 8, false)]
    [InlineData(0, false)]
    public void Claims_ItsEightPortsOnly(int port, bool expected) =>
        Assert.Equal(expected, new SerialDevice(new SerialDeviceSpec(Port), new GuestInput(default)).Claims((ushort)port));

    [VmFact]
    public void Access_WriteToData_GoesToTheConsole()
    {
        using var vm = Run(Out(Out(new Code16(), Data, 'o'), Data, 'k'));

        Assert.Equal("ok", vm.Output.Text());
    }

    [VmFact]
    public void Access_ReadOfData_TakesTheInputByteByByteThenZero() => Assert.Equal(
        [(byte)'a', (byte)'b', 0], Read("ab", Data, Data, Data));

    [VmFact]
    public void Access_LineStatus_SaysWhetherThereIsInput() => Assert.Equal(
        [0x61, (byte)'a', 0x60], Read("a", LineStatus, Data, LineStatus));

    [VmFact]
    public void Access_RegistersThatOnlyTell_AreAsOfADeviceThatIsReadyAndQuiet() => Assert.Equal(
        [0x01, 0xB0], Read("", InterruptIdentification, ModemStatus));

    [VmTheory]
    [InlineData(InterruptEnable)]
    [InlineData(LineControl)]
    [InlineData(ModemControl)]
    [InlineData(Scratch)]
    public void Access_RegisterThatCanBeWritten_IsReadBack(int port) =>
        Assert.Equal([0x5A], ReadAfter(Out(new Code16(), (ushort)port, 'Z'), (ushort)port));

    [VmTheory]
    [InlineData(InterruptIdentification, 0x01)]
    [InlineData(LineStatus, 0x60)]
    [InlineData(ModemStatus, 0xB0)]
    public void Access_WriteToARegisterThatOnlyTells_ChangesNothing(int port, byte expected) =>
        Assert.Equal([expected], ReadAfter(Out(new Code16(), (ushort)port, 'Z'), (ushort)port));

    [VmFact]
    public void Access_DivisorLatch_TakesThePlaceOfTheFirstTwoRegisters()
    {
        var code = Out(new Code16(), InterruptEnable, 'I');
        code = Out(code, LineControl, '\x80');
        code = Out(code, Data, 'L');
        code = Out(code, InterruptEnable, 'H');
        using var vm = Run(In(In(code, Data, 0x800), InterruptEnable, 0x801));

        // Nothing was sent, and the register behind the latch is as it was.
        Assert.Equal(("", (byte)'L', (byte)'H'), (vm.Output.Text(), Result(vm, 0), Result(vm, 1)));
        Assert.Equal([(byte)'I'], ReadAfter(Out(Out(Out(Out(new Code16(), InterruptEnable, 'I'), LineControl, '\x80'), InterruptEnable, 'H'), LineControl, '\0'), InterruptEnable));
    }

    [VmFact]
    public void Access_OfTwoBytes_IsOneToEachPort()
    {
        var code = new Code16().MovAx('a' | ('I' << 8)).MovDx(Data).OutDx(2);

        using var vm = Run(In(code, InterruptEnable, 0x800));

        Assert.Equal(("a", (byte)'I'), (vm.Output.Text(), Result(vm, 0)));
    }

    [VmFact]
    public void Access_PastTheLastPort_IsLeftOut()
    {
        var code = new Code16().MovAx(0x2211).MovDx(Scratch).OutDx(2).MovAx(0).InDx(2).Store(2, 0x800);

        using var vm = Run(code);

        Assert.Equal(0x11, Result(vm, 0));
    }

    [VmFact]
    public void Access_StringInstruction_SendsEveryByte()
    {
        const ushort Text = 0x100;
        var code = new Code16().MovDx(Data).MovCx(5).MovSi(Text).RepOutsb().Hlt();
        using var vm = new DispatchedVm(Machines.Real16(code.DataAt(Text, "hello"u8)) with { Devices = [new SerialDeviceSpec(Port)] });

        vm.RunToEnd();

        Assert.Equal("hello", vm.Output.Text());
        Assert.Empty(vm.Vm.Devices.Reports);
    }

    private static Code16 Out(Code16 code, ushort port, char value) => code.MovAl((byte)value).MovDx(port).OutDx(1);

    private static Code16 In(Code16 code, ushort port, ushort result) => code.MovDx(port).InDx(1).Store(1, result);

    private static byte[] Read(string input, params ushort[] ports) => Read(new Code16(), input, ports);

    private static byte[] ReadAfter(Code16 code, ushort port) => Read(code, "", port);

    private static byte[] Read(Code16 code, string input, params ushort[] ports)
    {
        foreach (var (index, port) in ports.Index())
        {
            In(code, port, (ushort)(0x800 + index));
        }

        using var vm = Run(code, input);
        return [.. Enumerable.Range(0, ports.Length).Select(index => Result(vm, index))];
    }

    private static DispatchedVm Run(Code16 code, string input = "")
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(input);
        var vm = new DispatchedVm(Machines.Real16(code.Hlt()) with { Devices = [new SerialDeviceSpec(Port)], Input = bytes });
        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.RunToEnd());
        return vm;
    }

    private static byte Result(DispatchedVm vm, int index)
    {
        Assert.True(vm.Vm.Memory.TryRead(new Interop.Memory.GuestPhysAddr(0x800 + (ulong)index), out byte value));
        return value;
    }
}
