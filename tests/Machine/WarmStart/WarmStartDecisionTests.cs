using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Machine.Tests.WarmStart;

public class WarmStartDecisionTests
{
    private static readonly WarmStartWishes Warm = new(VmStart.Warm, InheritsInput: false, IsObserved: false);

    public static TheoryData<DeviceSpec, int, string?> Devices => new()
    {
        { new DebugExitSpec(0xF4), 1, null },
        { new ConsoleDeviceSpec(0x402), 4, null },
        { new ConsoleDeviceSpec(0x402, IsCoalesced: true), 1, null },
        { new ConsoleDeviceSpec(0x402, IsCoalesced: true), 2, "the coalesced console at port 0x402 is shared by 2 vCPUs" },
        { new SerialDeviceSpec(0x2F8), 1, "the serial port at 0x2f8 keeps state" },
        { new RegisterBankSpec(0xD000_0000, 0x1000, []), 1, "the register bank at 0xd0000000 keeps state" },
        { new DoorbellSpec(0x510, 1), 1, "the doorbell at port 0x510 keeps state" },
        { new UnknownSpec(), 1, "a device keeps state" },
    };

    [Fact]
    public void For_NothingInTheWay_IsWarm()
    {
        var decision = WarmStartDecision.For(Machines.Real16(new Code16().Hlt()), Warm);

        Assert.True(decision.IsWarm);
        Assert.Null(decision.ColdReason);
    }

    [Fact]
    public void For_ColdWanted_SaysSo() =>
        AssertCold("Start is Cold, as it is by default for a single instance", Warm with { Start = VmStart.Cold });

    [Fact]
    public void For_TheProcessesOwnInput_IsCold() =>
        AssertCold("it reads the process's own standard input, of which there is one", Warm with { InheritsInput = true });

    [Fact]
    public void For_Observed_IsCold() => AssertCold("every exit is watched", Warm with { IsObserved = true });

    [Fact]
    public void For_SeveralReasons_ThePersonsOwnWishIsTold() => AssertCold(
        "Start is Cold, as it is by default for a single instance", new WarmStartWishes(VmStart.Cold, InheritsInput: true, IsObserved: true));

    [Theory]
    [MemberData(nameof(Devices))]
    public void For_Device_IsColdWhereItKeepsState(DeviceSpec device, int vcpus, string? reason)
    {
        // The first one that keeps state is named, wherever it stands.
        var spec = Machines.Real16(new Code16().Hlt()) with { Vcpus = vcpus, Devices = [new DebugExitSpec(0xF5), device] };

        Assert.Equal(reason, WarmStartDecision.For(spec, Warm).ColdReason);
    }

    private static void AssertCold(string reason, WarmStartWishes wishes)
    {
        var decision = WarmStartDecision.For(Machines.Real16(new Code16().Hlt()), wishes);

        Assert.Equal((false, reason), (decision.IsWarm, decision.ColdReason));
    }

    private sealed record UnknownSpec : DeviceSpec;
}
