using System.Text;
using KvmActors.Host.GuestOutput;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Host.Tests.GuestOutput;

public sealed class KeptOutputTests
{
    private readonly RecordingOutput _inner = new();

    [Fact]
    public void TextOf_EachInstance_IsWhatItWrote()
    {
        var output = new KeptOutput(_inner, 1024);

        Write(output, "a-0", "one\n");
        Write(output, "a-1", "other\n");
        Write(output, "a-0", "two\n", GuestStream.Error);

        Assert.Equal(new GuestText("one\ntwo\n", 0, ""), output.TextOf("a-0"));
        Assert.Equal("other\n", output.TextOf("a-1").ToString());
        Assert.Equal(GuestText.Empty, output.TextOf("a-2"));
        Assert.Equal("one\nother\n", _inner.Text());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void TextOf_TooMuch_IsTheBeginningAndTheEnd(int piece)
    {
        const int Room = 1024, Head = 256;
        var text = string.Concat(Enumerable.Range(0, 5000).Select(number => $"{number} "));
        var output = new KeptOutput(_inner, Room);

        foreach (var part in text.Chunk(piece))
        {
            Write(output, "a-0", new string(part));
        }

        var kept = output.TextOf("a-0");
        Assert.Equal((text[..Head], text.Length - Room, text[^(Room - Head)..]), (kept.Head, kept.CutBytes, kept.Tail));
        Assert.Equal($"{kept.Head}\n[… {text.Length - Room} bytes …]\n{kept.Tail}", kept.ToString());
    }

    [Theory]
    [InlineData(1024, 0)]
    [InlineData(1025, 1)]
    public void TextOf_AsMuchAsThereIsRoom_IsAllOfIt(int bytes, long cut)
    {
        var output = new KeptOutput(_inner, 1024);

        Write(output, "a-0", new string('x', bytes));

        Assert.Equal(cut, output.TextOf("a-0").CutBytes);
    }

    [Theory]
    [InlineData(1, 64 << 10)]
    [InlineData(4096, 16 << 10)]
    [InlineData(1_000_000, 512)]
    public void RoomFor_ManyInstances_IsLess(long instances, int bytes) => Assert.Equal(bytes, KeptOutput.RoomFor(instances));

    private static void Write(KeptOutput output, string vm, string text, GuestStream stream = GuestStream.Output) =>
        output.Write(vm, stream, Encoding.UTF8.GetBytes(text), null);
}
