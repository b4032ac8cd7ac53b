using System.Text;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Devices;

public class ConsoleDeviceTests
{
    private readonly RecordingOutput _output = new();
    private readonly ConsoleDevice _device;

    public ConsoleDeviceTests() => _device = new ConsoleDevice(new GuestConsole("vm", _output, byteLimit: 1 << 20), [new ConsoleDeviceSpec(0x402)]);

    [Theory]
    [InlineData(0x3F8, true)]
    [InlineData(0xE9, true)]
    [InlineData(0x402, true)]
    [InlineData(0x3F9, false)]
    [InlineData(0x8000, false)]
    [InlineData(0, false)]
    public void Claims_ItsOwnPortsOnly(int port, bool expected) => Assert.Equal(expected, _device.Claims((ushort)port));

    [Fact]
    public void Write_ByteByByte_LeavesAsWholeLines()
    {
        foreach (var value in "ab\ncd\n\nef"u8)
        {
            _device.Write([value]);
        }

        Assert.Equal(["ab\n", "cd\n", "\n"], _output.Writes.Select(write => write.Text));
    }

    [Fact]
    public void Write_FasterThanTheVmMay_HasTheVcpuWaitForWhatItWrote()
    {
        var waited = new List<long>();
        var console = new GuestConsole("vm", _output, byteLimit: 1 << 20, new ConsoleLimits { ConsoleBytesPerSecond = 100 });
        var device = new ConsoleDevice(console, []) { Pause = waited.Add };

        // A tenth of a second's amount goes at once, and none of the rest is lost.
        device.Write("123456789\n"u8);
        Assert.Empty(waited);
        device.Write("123456789\n123456789\n"u8);

        Assert.Equal(2, waited.Count);
        Assert.InRange(waited[^1], 1, 200_000_000);
        Assert.Equal(30, _output.Text().Length);
    }

    [Fact]
    public void Flush_RestOfALine_Leaves()
    {
        _device.Write("rest"u8);
        Assert.Empty(_output.Writes);

        _device.Flush();
        _device.Flush();

        Assert.Equal("rest", Assert.Single(_output.Writes).Text);
    }

    [Fact]
    public void Write_LineLongerThanTheBuffer_ArrivesWhole()
    {
        var line = string.Concat(Enumerable.Range(0, 1000).Select(number => $"{number} "));

        _device.Write(Encoding.Latin1.GetBytes(line));
        _device.Flush();

        Assert.Equal(line, _output.Text());
        Assert.All(_output.Writes, write => Assert.Equal(GuestStream.Output, write.Stream));
    }

    [Fact]
    public void Write_LineThatFillsTheBufferExactly_LeavesOnce()
    {
        _device.Write([.. Enumerable.Repeat((byte)'x', 511), (byte)'\n']);
        _device.Flush();

        Assert.Equal(512, Assert.Single(_output.Writes).Text.Length);
    }
}
