using KvmActors.Host.Output;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Host.Tests.Output;

public class SafeOutputTests
{
    private readonly RecordingOutput _inner = new();

    [Fact]
    public void Write_EscapedStream_IsEscapedAndOthersAreNot()
    {
        var output = new SafeOutput(_inner, stream => stream == GuestStream.Output);

        output.Write("a", GuestStream.Output, "\e[1m\n"u8, stopSignal: null);
        output.Write("a", GuestStream.Error, "\e[1m\n"u8, stopSignal: null);

        Assert.Equal(("^[[1m\n", "\e[1m\n"), (_inner.Text(), _inner.Text(stream: GuestStream.Error)));
    }

    // Half a character of one guest waits for its own other half.
    [Fact]
    public void Write_SeveralGuestsInTurn_KeepsThemApart()
    {
        var output = new SafeOutput(_inner, _ => true);

        output.Write("a", GuestStream.Output, [0xC3], stopSignal: null);
        output.Write("b", GuestStream.Output, [0xBC], stopSignal: null);
        output.Write("a", GuestStream.Error, [0xBC], stopSignal: null);
        output.Write("a", GuestStream.Output, [0xBC], stopSignal: null);

        Assert.Equal(("\u00C3\u00BC", "\\xbc", "\\xbc"), (_inner.Text("a"), _inner.Text("b"), _inner.Text("a", GuestStream.Error)));
    }

    [Fact]
    public void Finish_HalfACharacter_ShowsItsBytes()
    {
        var output = new SafeOutput(_inner, _ => true);
        output.Write("a", GuestStream.Output, [(byte)'x', 0xE2, 0x80], stopSignal: null);
        Assert.Equal("x", _inner.Text());

        output.Finish();
        output.Finish();

        Assert.Equal("x\\xe2\\x80", _inner.Text());
    }

    [Fact]
    public void Write_OutputThatFails_IsItsErrno()
    {
        _inner.Answer = Errno.EPIPE;

        Assert.Equal(Errno.EPIPE, new SafeOutput(_inner, _ => true).Write("a", GuestStream.Output, "x\e"u8, stopSignal: null));
    }

    [Theory]
    [InlineData(nameof(ConsoleMode.Safe), "^[")]
    [InlineData(nameof(ConsoleMode.Raw), "\e")]
    public void For_AMode_EscapesWhenToldTo(string mode, string shown)
    {
        var output = SafeOutput.For(_inner, Enum.Parse<ConsoleMode>(mode));

        output.Write("a", GuestStream.Output, "\e"u8, stopSignal: null);

        Assert.Equal(shown, _inner.Text());
    }
}
