using KvmActors.Machine.Recording;

namespace KvmActors.Machine.Tests.Recording;

public sealed class NewestRingTests
{
    [Theory]
    [InlineData(0, new int[0], 0)]
    [InlineData(2, new[] { 0, 1 }, 0)]
    [InlineData(3, new[] { 0, 1, 2 }, 0)]
    [InlineData(4, new[] { 1, 2, 3 }, 1)]
    [InlineData(6, new[] { 3, 4, 5 }, 3)]
    [InlineData(11, new[] { 8, 9, 10 }, 8)]
    public void ToArray_AfterSoMany_HasTheNewestInOrder(int added, int[] expected, long dropped)
    {
        var ring = new NewestRing<int>(capacity: 3);

        for (var item = 0; item < added; item++)
        {
            ring.Add(item);
        }

        Assert.Equal(expected, ring.ToArray());
        Assert.Equal(dropped, ring.Dropped);
    }
}
