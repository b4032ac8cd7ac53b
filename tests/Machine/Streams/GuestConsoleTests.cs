using KvmActors.Interop.Libc;
using KvmActors.Machine.Limits;
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

        Assert.Equal((3L, 2L), (console.Write(GuestStream.Output, "abc"u8, out _), console.Write(GuestStream.Error, "de"u8, out _)));

        Assert.Equal([("vm-3", GuestStream.Output, "abc"), ("vm-3", GuestStream.Error, "de")], _output.Writes);
    }

    [Fact]
    public void Write_UpToTheLimit_IsTakenAndNothingMore()
    {
        var console = new GuestConsole("vm", _output, byteLimit: 5);

        Assert.Equal(3, console.Write(GuestStream.Output, "abc"u8, out _));
        Assert.Equal(2, console.Write(GuestStream.Error, "de"u8, out _));
        Assert.Equal(Errno.ENOSPC.ToResult(), console.Write(GuestStream.Output, "f"u8, out _));
        Assert.Equal(Errno.ENOSPC.ToResult(), console.Write(GuestStream.Error, "g"u8, out _));

        Assert.Equal(("abc", "de"), (_output.Text(), _output.Text(stream: GuestStream.Error)));
    }

    [Fact]
    public void Write_BeyondTheStreamsOwnLimit_IsEnospcAndLeavesTheRestForFiles()
    {
        var console = new GuestConsole("vm", _output, byteLimit: 100, new ConsoleLimits { ConsoleBytes = 3 });

        Assert.Equal((3, Errno.ENOSPC.ToResult()), (console.Write(GuestStream.Output, "abc"u8, out _), console.Write(GuestStream.Error, "d"u8, out _)));

        Assert.Equal(new LimitUse("ConsoleBytes", 3, 3, 1), console.BytesUse);
        Assert.True(console.Budget.TryTake(97));
    }

    [Fact]
    public void Write_FasterThanAllowed_IsTakenAndSaysHowLongToWait()
    {
        var console = new GuestConsole("vm", _output, byteLimit: 100, new ConsoleLimits { ConsoleBytesPerSecond = 10 });

        Assert.Equal(11, console.Write(GuestStream.Output, "hello world"u8, out var delay));

        Assert.InRange(delay, 1, 1_000_000_000);
        Assert.Equal(("hello world", 1L), (_output.Text(), console.Delays));
    }

    [Fact]
    public void Write_NothingAllowed_IsEnospc() =>
        Assert.Equal(Errno.ENOSPC.ToResult(), new GuestConsole("vm", _output, byteLimit: 0).Write(GuestStream.Output, "x"u8, out _));

    // A write that does not fit leaves the rest of the limit to those that do.
    [Fact]
    public void Write_TooLong_TakesNothingFromTheLimit()
    {
        var console = new GuestConsole("vm", _output, byteLimit: 5);

        console.Write(GuestStream.Output, "abcdefgh"u8, out _);
        var written = _output.Text().Length;

        Assert.Equal(5 - written, Math.Max(0, console.Write(GuestStream.Output, "12345"u8[..(5 - written)], out _)));
    }

    [Fact]
    public void Write_OutputThatFails_IsItsErrno()
    {
        _output.Answer = Errno.EPIPE;

        Assert.Equal(Errno.EPIPE.ToResult(), new GuestConsole("vm", _output, byteLimit: 5).Write(GuestStream.Output, "x"u8, out _));
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
                Interlocked.Add(ref written, Math.Max(0, console.Write(GuestStream.Output, "1234567"u8, out _)));
            }
        });

        Assert.Equal((Limit / 7 * 7, (long)(Limit / 7 * 7)), (_output.Text().Length, written));
    }
}
