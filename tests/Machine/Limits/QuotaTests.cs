using KvmActors.Machine.Limits;

namespace KvmActors.Machine.Tests.Limits;

public class QuotaTests
{
    [Fact]
    public void TryTake_UpToTheLimit_SucceedsAndThenNoMore()
    {
        var budget = new Quota("Things", 10);

        Assert.Equal((true, true, false), (budget.TryTake(4), budget.TryTake(6), budget.TryTake(1)));
        Assert.True(budget.TryTake(0));
    }

    [Fact]
    public void TryTake_TooMuch_TakesNothing()
    {
        var budget = new Quota("Things", 10);

        Assert.False(budget.TryTake(11));

        Assert.True(budget.IsUntouched);
        Assert.True(budget.TryTake(10));
        Assert.False(budget.IsUntouched);
    }

    [Fact]
    public void Return_WhatWasNotWritten_CanBeTakenAgain()
    {
        var budget = new Quota("Things", 10);
        budget.TryTake(10);

        budget.Return(3);

        Assert.Equal((false, true), (budget.TryTake(4), budget.TryTake(3)));
    }

    [Fact]
    public void TryTake_NoLimit_TakesAnything()
    {
        var quota = new Quota("Things", null);

        Assert.Equal((true, false), (quota.TryTake(long.MaxValue), quota.TryTake(1)));
        Assert.Equal(new LimitUse("Things", long.MaxValue, null, 1), quota.Use);
    }

    [Fact]
    public void TakeUpTo_MoreThanThereIs_TakesTheRest()
    {
        var quota = new Quota("Things", 10);

        Assert.Equal((4, 6, 0), (quota.TakeUpTo(4), quota.TakeUpTo(100), quota.TakeUpTo(1)));
    }

    [Fact]
    public void PeakUse_AfterAReturn_IsTheMostAtOnce()
    {
        var quota = new Quota("Things", 10);
        quota.TryTake(7);
        quota.Return(5);
        quota.TryTake(1);
        quota.TryTake(8);

        Assert.Equal((new LimitUse("Things", 3, 10, 1), new LimitUse("Things", 7, 10, 1)), (quota.Use, quota.PeakUse));
    }

    [Fact]
    public async Task TryTake_SeveralThreads_NeverGiveMoreThanThereIs()
    {
        const int Bytes = 10_000;
        var budget = new Quota("Things", Bytes);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, Bytes).Count(_ => budget.TryTake(1)))));

        Assert.InRange(taken.Sum(), 1, Bytes);
        Assert.Equal(Bytes - taken.Sum(), Enumerable.Range(0, Bytes).Count(_ => budget.TryTake(1)));
    }
}
