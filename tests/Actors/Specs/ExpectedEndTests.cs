using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Tests.Specs;

public class ExpectedEndTests
{
    [Theory]
    [InlineData(VmOutcome.Halted, null, true)]
    [InlineData(VmOutcome.Exited, 0, true)]
    [InlineData(VmOutcome.Exited, 1, false)]
    [InlineData(VmOutcome.Panicked, null, false)]
    [InlineData(VmOutcome.TimedOut, null, false)]
    public void IsMetBy_Well_IsHaltedOrExitedWithZero(VmOutcome outcome, int? exitCode, bool expected) =>
        Assert.Equal(expected, ExpectedEnd.Well.IsMetBy(outcome, exitCode));

    [Theory]
    [InlineData(null, VmOutcome.Exited, 7, true)]
    [InlineData(7, VmOutcome.Exited, 7, true)]
    [InlineData(7, VmOutcome.Exited, 0, false)]
    [InlineData(7, VmOutcome.Exited, null, false)]
    [InlineData(null, VmOutcome.Halted, null, false)]
    public void IsMetBy_OutcomeThatIsNamed_IsThatOneWithItsStatus(int? wanted, VmOutcome outcome, int? exitCode, bool expected) =>
        Assert.Equal(expected, new ExpectedEnd(VmOutcome.Exited, wanted).IsMetBy(outcome, exitCode));
}
