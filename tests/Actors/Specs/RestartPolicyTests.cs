using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Tests.Specs;

public class RestartPolicyTests
{
    [Theory]
    [InlineData(false, VmOutcome.Crashed, 0, true)]
    [InlineData(false, VmOutcome.FailedToStart, 1, true)]
    [InlineData(false, VmOutcome.Crashed, 2, false)]
    [InlineData(true, VmOutcome.Crashed, 0, false)]
    [InlineData(false, VmOutcome.Cancelled, 0, false)]
    public void Wants_Failure_SoOftenAndNotWhenCancelled(bool isSuccess, VmOutcome outcome, int restarts, bool expected) =>
        Assert.Equal(expected, new RestartPolicy(MaxRestarts: 2, TimeSpan.Zero).Wants(isSuccess, outcome, restarts));

    [Fact]
    public void Never_AnyFailure_IsNotWanted() => Assert.False(RestartPolicy.Never.Wants(isSuccess: false, VmOutcome.Crashed, restarts: 0));
}
