using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Statistics;

public class ExitSamplerTests
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    [Fact]
    public void Offer_FirstOfEachReason_ArePicked()
    {
        var sampler = Sampler(first: 2, every: 0);

        Offer(sampler, VcpuExitReason.Io, VcpuExitReason.Io, VcpuExitReason.Io, VcpuExitReason.Mmio, VcpuExitReason.Mmio, VcpuExitReason.Mmio);

        Assert.Equal([VcpuExitReason.Io, VcpuExitReason.Io, VcpuExitReason.Mmio, VcpuExitReason.Mmio], Reasons(sampler));
    }

    [Theory]
    [InlineData(2, 5, new[] { 0, 1, 6, 11, 16 })]
    [InlineData(1, 1, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 })]
    [InlineData(3, 0, new[] { 0, 1, 2 })]
    public void Offer_AfterTheFirst_OneInSoManyIsPicked(int first, int every, int[] expected)
    {
        var sampler = Sampler(first, every);

        for (var index = 0; index < 20; index++)
        {
            sampler.Offer(Exit(VcpuExitReason.Io, entered: index));
        }

        Assert.Equal(expected, sampler.Samples.ToArray().Select(sample => (int)sample.Entered));
    }

    [Fact]
    public void Offer_NoneOfTheFirst_OneInSoManyIsStillPicked()
    {
        var sampler = Sampler(first: 0, every: 5);

        Offer(sampler, [.. Enumerable.Repeat(VcpuExitReason.Io, 20)]);

        Assert.Equal(4, sampler.Samples.Length);
    }

    [Fact]
    public void Offer_OneInSoMany_CountsEachReasonForItself()
    {
        var sampler = Sampler(first: 1, every: 3);

        for (var index = 0; index < 4; index++)
        {
            Offer(sampler, VcpuExitReason.Io, VcpuExitReason.Mmio);
        }

        Assert.Equal([VcpuExitReason.Io, VcpuExitReason.Mmio, VcpuExitReason.Io, VcpuExitReason.Mmio], Reasons(sampler));
    }

    [Fact]
    public void Offer_SlowHostSide_IsAlwaysPicked()
    {
        var sampler = Sampler(first: 1, every: 0, slowerThan: TimeSpan.FromMilliseconds(1));
        var slow = Stopwatch.Frequency / 1000;

        sampler.Offer(Exit(VcpuExitReason.Io, hostTicks: 0));
        sampler.Offer(Exit(VcpuExitReason.Io, hostTicks: slow - 1));
        sampler.Offer(Exit(VcpuExitReason.Io, hostTicks: slow));
        sampler.Offer(Exit(VcpuExitReason.Io, hostTicks: slow * 9));

        Assert.Equal([0, slow, slow * 9], sampler.Samples.ToArray().Select(sample => sample.Handled - sample.Exited));
    }

    [Fact]
    public void Offer_TableFull_CountsWhatIsDropped()
    {
        var sampler = new ExitSampler(new ExitSamplingOptions { First = 100 }, capacity: 3);

        Offer(sampler, [.. Enumerable.Repeat(VcpuExitReason.Io, 10)]);

        Assert.Equal((3, 7L), (sampler.Samples.Length, sampler.Dropped));
    }

    [Fact]
    public void Offer_NoCapacity_PicksAndDropsNothing()
    {
        var sampler = new ExitSampler(new ExitSamplingOptions { First = 100, Every = 1 }, capacity: 0);

        Offer(sampler, VcpuExitReason.Io, VcpuExitReason.Hlt);

        Assert.Equal((0, 0L), (sampler.Samples.Length, sampler.Dropped));
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(-1)]
    public void Offer_ReasonPastTheTable_IsPickedToo(int reason)
    {
        var sampler = Sampler(first: 1, every: 0);

        Offer(sampler, (VcpuExitReason)reason, (VcpuExitReason)reason);

        Assert.Equal([(VcpuExitReason)reason], Reasons(sampler));
    }

    [Fact]
    public void Offer_MoreThanTheFirstPart_KeepsAllInOrder()
    {
        var sampler = Sampler(first: 1000, every: 0);

        for (var index = 0; index < 1001; index++)
        {
            sampler.Offer(Exit(VcpuExitReason.Io, entered: index));
        }

        Assert.Equal(Enumerable.Range(0, 1000), sampler.Samples.ToArray().Select(sample => (int)sample.Entered));
        Assert.Equal(0, sampler.Dropped);
    }

    [Fact]
    public void LabelLast_AfterAnExitThatWasKept_IsItsPath()
    {
        var sampler = Sampler(first: 1, every: 0);

        Assert.True(sampler.Offer(Exit(VcpuExitReason.Io)));
        sampler.LabelLast("/etc");
        Assert.False(sampler.Offer(Exit(VcpuExitReason.Io)));
        Assert.True(sampler.Offer(Exit(VcpuExitReason.Mmio)));

        Assert.Equal(["/etc", null], sampler.Samples.ToArray().Select(sample => sample.Path));
    }

    [Fact]
    public void Offer_AfterTheTableHasGrown_AllocatesNothing()
    {
        // The table's one growth comes first.
        var sampler = Sampler(first: 130, every: 10);
        Offer(sampler, [.. Enumerable.Repeat(VcpuExitReason.Io, 130)]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 20_000; index++)
        {
            sampler.Offer(Exit(VcpuExitReason.Io));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static ExitSampler Sampler(int first, int every, TimeSpan? slowerThan = null) =>
        new(new ExitSamplingOptions { First = first, Every = every, SlowerThan = slowerThan ?? Never }, capacity: 1000);

    private static ExitSample Exit(VcpuExitReason reason, long entered = 0, long hostTicks = 1) =>
        new(reason, entered, 1000, 1000 + hostTicks);

    private static void Offer(ExitSampler sampler, params IEnumerable<VcpuExitReason> reasons)
    {
        foreach (var reason in reasons)
        {
            sampler.Offer(Exit(reason));
        }
    }

    private static IEnumerable<VcpuExitReason> Reasons(ExitSampler sampler) => sampler.Samples.ToArray().Select(sample => sample.Reason);
}
