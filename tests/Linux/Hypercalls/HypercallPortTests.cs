using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Hypercalls;

public class HypercallPortTests
{
    [Fact]
    [Trait("Needs", "Compiler")]
    public void Ports_AreThoseOfTheGuestsHeader()
    {
        var ours = Enum.GetValues<HypercallPort>().Select(port => ($"HYPERCALL{port}".ToUpperInvariant(), (long)port));
        var theirs = HeaderFile.Constants("hypercall.h").Where(line => line.Value is >= 0x8000 and <= 0xFFFF)
            .Select(line => (line.Key.Replace("_", "", StringComparison.Ordinal), line.Value));

        Assert.Equal(theirs.Order(), ours.Order());
    }

    [Theory]
    [InlineData(0x7FFF, false)]
    [InlineData(0x8000, true)]
    [InlineData(0x8006, true)]
    [InlineData(0x80FF, true)]
    [InlineData(0x8100, false)]
    [InlineData(0xFFFE, false)]
    [InlineData(0xFFFF, true)]
    public void IsHypercall_IsTrueForTheAbisPortsOnly(int port, bool expected) =>
        Assert.Equal(expected, HypercallPorts.IsHypercall((ushort)port));

    [Theory]
    [InlineData(HypercallPort.Read, false)]
    [InlineData(HypercallPort.Lseek, false)]
    [InlineData(HypercallPort.Syscall, true)]
    [InlineData(HypercallPort.Pread, true)]
    public void ReturnsInRegister_FromPort8010Up(HypercallPort port, bool expected) =>
        Assert.Equal(expected, HypercallPorts.ReturnsInRegister((ushort)port));
}
