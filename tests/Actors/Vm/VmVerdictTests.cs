using KvmActors.Actors.Specs;
using KvmActors.Actors.Vm;
using KvmActors.Machine.Processor;

namespace KvmActors.Actors.Tests.Vm;

public class VmVerdictTests
{
    [Theory]
    [InlineData(VcpuEndKind.Panicked, VmOutcome.Panicked)]
    [InlineData(VcpuEndKind.Killed, VmOutcome.Panicked)]
    [InlineData(VcpuEndKind.Crashed, VmOutcome.Crashed)]
    public void Of_EndThatIsTheVms_SaysHowAndWhy(VcpuEndKind kind, VmOutcome expected) =>
        Assert.Equal(new VmVerdict(expected, "why"), VmVerdict.Of(new VcpuEnd(kind, Message: "why")));

    [Theory]
    [InlineData(VcpuEndKind.Halted)]
    [InlineData(VcpuEndKind.Exited)]
    [InlineData(VcpuEndKind.Stopped)]
    public void Of_EndOfOneVcpu_LetsTheOthersGoOn(VcpuEndKind kind) => Assert.Null(VmVerdict.Of(new VcpuEnd(kind, Status: 3)));

    [Fact]
    public void Of_DebugExit_EndsTheVmWithoutAMessage() =>
        Assert.Equal(new VmVerdict(VmOutcome.Exited, null), VmVerdict.Of(new VcpuEnd(VcpuEndKind.Exited, Status: 3) { EndsVm = true }));
}
