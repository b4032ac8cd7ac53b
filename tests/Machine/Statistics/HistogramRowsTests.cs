using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Statistics;

public class HistogramRowsTests
{
    [Fact]
    public void Take_AfterRefill_AllocatesNothingUntilTheSparesAreGone()
    {
        var rows = new HistogramRows(4);
        rows.Refill();
        var taken = new List<long[]>(5);
        rows.Take();
        rows.Refill();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var count = 0; count < 4; count++)
        {
            taken.Add(rows.Take());
        }

        var afterSpares = GC.GetAllocatedBytesForCurrentThread();
        taken.Add(rows.Take());

        Assert.Equal(0, afterSpares - before);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() > afterSpares);
        Assert.Equal(5, new HashSet<object>(taken, ReferenceEqualityComparer.Instance).Count);
        Assert.All(taken, row => Assert.Equal(new long[HistogramRows.RowLength], row));
    }

    [Fact]
    public void Take_NoRoomForSpares_MakesEachRow() => Assert.Equal(HistogramRows.RowLength, new HistogramRows(0).Take().Length);

    [Fact]
    public async Task Take_SeveralThreads_NoRowIsGivenTwice()
    {
        const int Threads = 4, Each = 200;
        var rows = new HistogramRows(64);
        var taken = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            var mine = new List<long[]>();
            for (var count = 0; count < Each; count++)
            {
                rows.Refill();
                mine.Add(rows.Take());
            }

            return mine;
        })));

        Assert.Equal(Threads * Each, new HashSet<object>(taken.SelectMany(row => row), ReferenceEqualityComparer.Instance).Count);
    }
}
