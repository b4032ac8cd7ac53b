using KvmActors.Interop.Libc;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Streams;

public class GuestConsoleTests
{
    private readonly RecordingOutput _output = new();

    [Fact]
    public void Write_BothStreams_ReachTheOutputUnderTheVmsName()
    {
        var console = new GuestConsole("vm-3", _output, byteLimit: 100);

        Assert.Equal((3L, 2L), (console.Write(GuestStream.Output, "abc"u8), console.Write(GuestStream.Error, "de"u8)));

        Assert.Equal([("vm-3", GuestStream.Output, "abc"), ("vm-3", GuestStream.Error, "de")], _output.Writes);
    }

    [Fact]
    public void Write_UpToTheLimit_IsTakenAndNothingMore()
    {
        var console = new GuestConsole("vm", _output, byteLimit: 5);

        Assert.Equal(3, console.Write(GuestStream.Output, "abc"u8));
        Assert.Equal(2, console.Write(GuestStream.Error, "de"u8));
        Assert.Equal(Errno.ENOSPC.ToResult(), console.Write(GuestStream.Output, "f"u8));
        Assert.Equal(Errno.ENOSPC.ToResult(), console.Write(GuestStream.Error, "g"u8));

        Assert.Equal(("abc", "de"), (_output.Text(), _output.Text(stream: GuestStream.Error)));
    }

    [Fact]
    public void Write_NothingAllowed_IsEnospc() =>
        Assert.Equal(Errno.ENOSPC.ToResult(), new GuestConsole("vm", _output, byteLimit: 0).Write(GuestStream.Output, "x"u8));

    // A write that does not fit leaves the rest of the limit to those that do.
    [Fact]
    public void Write_TooLong_TakesNothingFromTheLimit()
    {
        var console = new GuestConsole("vm", _output, byteLimit: 5);

        console.Write(GuestStream.Output, "abcdefgh"u8);
        var written = _output.Text().Length;

        Assert.Equal(5 - written, Math.Max(0, console.Write(GuestStream.Output, "12345"u8[..(5 - written)])));
    }

    [Fact]
    public void Write_OutputThatFails_IsItsErrno()
    {
        _output.Answer = Errno.EPIPE;

        Assert.Equal(Errno.EPIPE.ToResult(), new GuestConsole("vm", _output, byteLimit: 5).Write(GuestStream.Output, "x"u8));
    }

    [Fact]
    public void Write_ManyThreadsAtOnce_NeverPassTheLimit()
    {
        const int Limit = 1000;
        var console = new GuestConsole("vm", _output, Limit);
        var written = 0L;

        Parallel.For(0, 8, _ =>
        {
            for (var index = 0; index < 200; index++)
            {
                Interlocked.Add(ref written, Math.Max(0, console.Write(GuestStream.Output, "1234567"u8)));
            }
        });

        Assert.Equal((Limit / 7 * 7, (long)(Limit / 7 * 7)), (_output.Text().Length, written));
    }
}
