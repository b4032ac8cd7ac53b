using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Tests.Streams;

public class WriteBudgetTests
{
    [Fact]
    public void TryTake_UpToTheLimit_SucceedsAndThenNoMore()
    {
        var budget = new WriteBudget(10);

        Assert.Equal((true, true, false), (budget.TryTake(4), budget.TryTake(6), budget.TryTake(1)));
        Assert.True(budget.TryTake(0));
    }

    [Fact]
    public void TryTake_TooMuch_TakesNothing()
    {
        var budget = new WriteBudget(10);

        Assert.False(budget.TryTake(11));

        Assert.True(budget.IsUntouched);
        Assert.True(budget.TryTake(10));
        Assert.False(budget.IsUntouched);
    }

    [Fact]
    public void Return_WhatWasNotWritten_CanBeTakenAgain()
    {
        var budget = new WriteBudget(10);
        budget.TryTake(10);

        budget.Return(3);

        Assert.Equal((false, true), (budget.TryTake(4), budget.TryTake(3)));
    }

    [Fact]
    public async Task TryTake_SeveralThreads_NeverGiveMoreThanThereIs()
    {
        const int Bytes = 10_000;
        var budget = new WriteBudget(Bytes);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, Bytes).Count(_ => budget.TryTake(1)))));

        Assert.InRange(taken.Sum(), 1, Bytes);
        Assert.Equal(Bytes - taken.Sum(), Enumerable.Range(0, Bytes).Count(_ => budget.TryTake(1)));
    }
}
