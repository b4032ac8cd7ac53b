using KvmActors.Interop.Kvm;
using KvmActors.Machine.Recording;

namespace KvmActors.Machine.Tests.Recording;

public class RecordedExitTests
{
    private static readonly RecordedExit Exit = new(VcpuExitReason.Io, Entered: 100, Exited: 150, Handled: 180, Location: 0x8010);

    [Fact]
    public void Ticks_Exit_AreApartOnBothSides() => Assert.Equal((50, 30, 30), (Exit.GuestTicks, Exit.HostTicks, Exit.WorkTicks));

    [Theory]
    [InlineData(true, true, 10)]
    [InlineData(true, false, 30)]
    [InlineData(false, true, 30)]
    public void WorkTicks_CallThatWaited_EndWithTheCall(bool hasCall, bool waited, long expected)
    {
        var exit = Exit with { HasCall = hasCall, Call = new RecordedCall(35, 155, Ended: 160, 0) { Waited = waited } };

        Assert.Equal((expected, 30), (exit.WorkTicks, exit.HostTicks));
    }
}
