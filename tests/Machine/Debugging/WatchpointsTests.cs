using KvmActors.Machine.Debugging;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Tests.Debugging;

public sealed class WatchpointsTests
{
    [Theory]
    [InlineData(0x1000UL, 4UL, 0x1000UL, 1UL, true)]
    [InlineData(0x1000UL, 4UL, 0x1003UL, 8UL, true)]
    [InlineData(0x1000UL, 4UL, 0xFFCUL, 5UL, true)]
    [InlineData(0x1000UL, 4UL, 0x800UL, 0x1000UL, true)]
    [InlineData(0x1000UL, 4UL, 0x1004UL, 1UL, false)]
    [InlineData(0x1000UL, 4UL, 0xFFCUL, 4UL, false)]
    [InlineData(ulong.MaxValue, 1UL, 0UL, 8UL, false)]
    [InlineData(ulong.MaxValue, 1UL, ulong.MaxValue - 7, 8UL, true)]
    public void Covers_AccessesThatTouchAByteOfIt(ulong address, ulong length, ulong accessed, ulong bytes, bool expected) =>
        Assert.Equal(expected, new Watchpoint(address, length, WatchKind.Write).Covers(accessed, bytes));

    [Fact]
    public void TryAdd_MoreThanThereCanBe_IsRefused()
    {
        var watchpoints = new Watchpoints();
        for (var index = 0; index < Watchpoints.Most; index++)
        {
            Assert.True(watchpoints.TryAdd(At(index)));
        }

        Assert.False(watchpoints.TryAdd(At(Watchpoints.Most)));
        Assert.True(watchpoints.TryAdd(At(3)));

        watchpoints.Remove(At(3));
        Assert.True(watchpoints.TryAdd(At(Watchpoints.Most)));
        Assert.DoesNotContain(At(3), watchpoints.All);
        watchpoints.Clear();
        Assert.Empty(watchpoints.All);
    }

    private static Watchpoint At(int index) => new((ulong)index, 1, WatchKind.Read);
}
