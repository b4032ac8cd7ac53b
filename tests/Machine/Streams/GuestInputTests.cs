using System.Collections.Concurrent;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Tests.Streams;

public class GuestInputTests
{
    [Fact]
    public void Take_InParts_GivesEveryByteInOrderThenNothing()
    {
        var input = new GuestInput("hello"u8.ToArray());
        var part = new byte[3];

        Assert.Equal(3, input.Take(part));
        Assert.Equal("hel"u8, part);
        Assert.False(input.IsEmpty);
        Assert.True(input.TryTake(out var next));
        Assert.Equal((byte)'l', next);
        Assert.Equal(1, input.Take(part));
        Assert.True(input.IsEmpty);
        Assert.Equal(0, input.Take(part));
        Assert.False(input.TryTake(out _));
    }

    [Fact]
    public void Take_NothingGiven_IsEmptyAtOnce()
    {
        var input = new GuestInput(default);

        Assert.True(input.IsEmpty);
        Assert.Equal(0, input.Take(new byte[1]));
    }

    [Fact]
    public void TryTake_FromManyThreads_GivesEachByteToOne()
    {
        var bytes = Enumerable.Range(0, 256).SelectMany(value => Enumerable.Repeat((byte)value, 40)).ToArray();
        var input = new GuestInput(bytes);
        var taken = new ConcurrentBag<byte>();

        Parallel.For(0, 8, _ =>
        {
            while (input.TryTake(out var value))
            {
                taken.Add(value);
            }
        });

        Assert.Equal(bytes, taken.Order());
    }
}
