using KvmActors.Host.Compare;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Tests.Compare;

public sealed class ComparisonTests
{
    [Fact]
    public void Of_SameCause_IsNoiseHoweverManyRowsThereAre()
    {
        var random = new Random(7);
        const int Rows = 300;

        var comparison = Comparison.Of(Noise(), Noise(), margin: 0);

        Assert.Equal((Rows, false), (comparison.CountOf(CompareVerdict.Same), comparison.IsSlower));

        ComparedRun Noise() => Durations.Run("x", Enumerable.Range(0, Rows).Select(row => ($"exit {row}", Durations.LogNormal(random, 2000))));
    }

    [Theory]
    [InlineData(1.5, CompareVerdict.Slower)]
    [InlineData(1.02, CompareVerdict.Same)]
    [InlineData(0.5, CompareVerdict.Faster)]
    internal void Of_EverythingMultiplied_SaysSo(double factor, CompareVerdict expected)
    {
        var random = new Random(3);
        var row = Judge(Durations.LogNormal(random, 5000), Durations.LogNormal(random, 5000, factor));

        Assert.Equal(expected, row.Verdict);
        Assert.InRange(factor, row.Median!.Low, row.Median.High);
        Assert.InRange(factor, row.Tail!.Low, row.Tail.High);
        Assert.InRange(row.Median.Ratio, row.Median.Low, row.Median.High);
    }

    [Fact]
    public void Of_OnlyTheTailSlower_IsSlower()
    {
        var before = new BucketDistribution([(1000, 9000), (2000, 1000)]);
        var after = new BucketDistribution([(1000, 9000), (9000, 1000)]);

        var row = Judge(before, after);

        Assert.Equal(CompareVerdict.Slower, row.Verdict);
        Assert.Equal((1, 4.5), (row.Median!.Ratio, Math.Round(row.Tail!.Ratio, 3)));
    }

    [Fact]
    public void Of_MedianFasterAndTailSlower_IsMixed() => Assert.Equal(
        CompareVerdict.Mixed,
        Judge(new BucketDistribution([(1000, 9000), (2000, 1000)]), new BucketDistribution([(500, 9000), (9000, 1000)])).Verdict);

    [Fact]
    public void Of_FewDurations_HasARatioAndNoVerdict()
    {
        var row = Judge(BucketDistribution.Of([1000]), BucketDistribution.Of([9000]));

        Assert.Equal((CompareVerdict.TooFew, null), (row.Verdict, row.Median));
        Assert.Equal(9, RatioEstimate.RatioOf(row.First, row.Second, 0.5));
    }

    [Fact]
    public void Of_InOneRunOnly_SaysInWhich()
    {
        var some = BucketDistribution.Of([1, 2, 3]);

        var comparison = Comparison.Of(Durations.Run("a", ("Io", some), ("Hlt", some)), Durations.Run("b", ("Io", some), ("Mmio", some)), 0.1);

        Assert.Equal(
            [("Io", CompareVerdict.TooFew), ("Hlt", CompareVerdict.Gone), ("Mmio", CompareVerdict.New)],
            comparison.Rows.Select(row => (row.Name, row.Verdict)));
    }

    [Fact]
    public void Of_RunsOfTheSameDifferAsMuch_IsNoise()
    {
        var random = new Random(5);
        ComparedRun Run(double factor) => Durations.Run("x", ("Io", Durations.LogNormal(random, 5000, factor)));
        var (first, second) = (Run(1), Run(1.5));

        Assert.Equal(CompareVerdict.Slower, Assert.Single(Comparison.Of(first, second, 0.1).Rows).Verdict);
        Assert.Equal(CompareVerdict.Same, Assert.Single(Comparison.Of(first, second, 0.1, Run(0.6)).Rows).Verdict);
        Assert.Equal(CompareVerdict.Slower, Assert.Single(Comparison.Of(first, second, 0.1, Run(1.05)).Rows).Verdict);
    }

    [Fact]
    public void Of_ZeroDurations_HasAFiniteRatio()
    {
        var row = Judge(new BucketDistribution([(0, 5000)]), new BucketDistribution([(1000, 5000)]));

        Assert.Equal((CompareVerdict.Slower, 2000), (row.Verdict, Math.Round(row.Median!.Ratio)));
    }

    [Fact]
    public void Warnings_OtherMachine_NameWhatDiffers()
    {
        var run = Durations.Run("a");

        Assert.Equal(
            ["the runs differ in their processor: A processor and Another", "the runs differ in their KVM: kvm_amd and kvm_intel"],
            Comparison.Of(run, run with { Processor = "Another", KvmModule = "kvm_intel" }, 0.1).Warnings);
        Assert.Equal(
            ["the runs differ in their backend: Kvm and Software"], Comparison.Of(run, run with { Backend = nameof(Backend.Software) }, 0.1).Warnings);
        Assert.Empty(Comparison.Of(run, run, 0.1).Warnings);
    }

    private static ComparedRow Judge(BucketDistribution first, BucketDistribution second) =>
        Assert.Single(Comparison.Of(Durations.Run("a", ("Io", first)), Durations.Run("b", ("Io", second)), 0.1).Rows);
}
