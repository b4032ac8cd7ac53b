using KvmActors.Host.GuestOutput;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Host.Tests.GuestOutput;

public sealed class PrefixOutputTests
{
    private readonly RecordingOutput _inner = new();

    [Fact]
    public void Write_PiecesOfLines_AreWholeLinesBehindTheNames()
    {
        var output = new PrefixOutput(_inner, _ => false);

        Write(output, "a-0", "one\ntw");
        Write(output, "b-0", "x\n\n");
        Write(output, "a-0", "o\n");

        Assert.Equal("a-0 | one\nb-0 | x\nb-0 | \na-0 | two\n", _inner.Text());
    }

    [Fact]
    public void Write_BothStreams_DoNotMix()
    {
        var output = new PrefixOutput(_inner, _ => false);

        Write(output, "a-0", "out");
        Write(output, "a-0", "err\n", GuestStream.Error);
        Write(output, "a-0", "put\n");

        Assert.Equal(("a-0 | output\n", "a-0 | err\n"), (_inner.Text(), _inner.Text(stream: GuestStream.Error)));
    }

    [Fact]
    public void Write_LineWithoutEnd_IsCutSomewhere()
    {
        var output = new PrefixOutput(_inner, _ => false);

        Write(output, "a-0", new string('x', 10_000));
        output.Finish();

        Assert.Equal(10_000, _inner.Text().Count(c => c == 'x'));
        Assert.All(_inner.Text().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("a-0 | x", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Finish_LineThatWasBegun_IsShown()
    {
        var output = new PrefixOutput(_inner, _ => false);

        Write(output, "a-0", "prompt> ");
        Assert.Empty(_inner.Writes);
        output.Finish();

        Assert.Equal("a-0 | prompt> \n", _inner.Text());
    }

    [Fact]
    public void Write_OnATerminal_HasAColourForEachName()
    {
        var output = new PrefixOutput(_inner, stream => stream == GuestStream.Output);

        Write(output, "a-0", "x\n");
        Write(output, "a-1", "y\n");
        Write(output, "a-0", "z\n", GuestStream.Error);

        var lines = _inner.Text().Split('\n');
        Assert.Matches("^\e\\[[0-9]+ma-0 \\|\e\\[0m x$", lines[0]);
        Assert.NotEqual(lines[0].Split('m')[0], lines[1].Split('m')[0]);
        Assert.Equal("a-0 | z\n", _inner.Text(stream: GuestStream.Error));
    }

    [Fact]
    public void Write_ThatFails_SaysSo()
    {
        _inner.Answer = Errno.ENOSPC;

        Assert.Equal(Errno.ENOSPC, new PrefixOutput(_inner, _ => false).Write("a-0", GuestStream.Output, "x\n"u8, null));
    }

    private static void Write(PrefixOutput output, string vm, string text, GuestStream stream = GuestStream.Output) =>
        Assert.Equal(Errno.None, output.Write(vm, stream, System.Text.Encoding.ASCII.GetBytes(text), null));
}
