using KvmActors.Machine.Debugging.Remote;

namespace KvmActors.Machine.Tests.Debugging.Remote;

public sealed class GdbSignalsTests
{
    [Theory]
    [InlineData(5, 5)]
    [InlineData(7, 10)]
    [InlineData(10, 30)]
    [InlineData(11, 11)]
    [InlineData(17, 20)]
    [InlineData(31, 12)]
    [InlineData(32, 77)]
    [InlineData(34, 46)]
    [InlineData(64, 78)]
    public void FromLinux_AndBack_AreTheProtocols(int linux, int protocol)
    {
        Assert.Equal(protocol, GdbSignals.FromLinux(linux));
        Assert.Equal(linux, GdbSignals.ToLinux((ulong)protocol));
    }

    [Fact]
    public void FromLinux_All_ComeBack() =>
        Assert.All(Enumerable.Range(1, 64).Where(signal => signal != 16), signal => Assert.Equal(signal, GdbSignals.ToLinux((ulong)GdbSignals.FromLinux(signal))));

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(143)]
    [InlineData(ulong.MaxValue)]
    public void ToLinux_WhatLinuxDoesNotHave_Is0(ulong protocol) => Assert.Equal(0, GdbSignals.ToLinux(protocol));
}
