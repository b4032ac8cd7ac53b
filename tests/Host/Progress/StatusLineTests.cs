using KvmActors.Host.Progress;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Tests.Progress;

/// <summary>What a terminal is sent; a small model of one tells what is seen on it.</summary>
public sealed class StatusLineTests : IDisposable
{
    private const string Erase = "\r\e[2K";

    private readonly StringWriter _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void Show_TooLong_IsCutBeforeTheLastColumn()
    {
        using var line = new StatusLine((text, _) => _terminal.Write(text), () => 10);

        line.Show("0123456789abc");

        Assert.Equal(Erase + "012345678", _terminal.ToString());
    }

    [Fact]
    public void Write_WhileShown_TheLineMakesWayAndComesBackBelow()
    {
        using var line = new StatusLine((text, _) => _terminal.Write(text), () => 80);
        using var writer = new StatusLineWriter(_terminal, line);
        line.Show("status");

        writer.WriteLine("output");
        line.Refresh();

        Assert.StartsWith($"{Erase}status{Erase}output\n", _terminal.ToString(), StringComparison.Ordinal);
        Assert.Equal(["output", "status"], Seen());
    }

    [Fact]
    public void Write_HalfALine_TheStatusStaysAwayUntilItsEnd()
    {
        using var line = new StatusLine((text, _) => _terminal.Write(text), () => 80);
        using var writer = new StatusLineWriter(_terminal, line);
        line.Show("status");

        writer.Write("login: ");
        line.Show("other");
        line.Refresh();
        Assert.Equal(["login: "], Seen());

        writer.Write("root\n");
        line.Refresh();
        Assert.Equal(["login: root", "other"], Seen());
    }

    [Fact]
    public void Dispose_WhileShown_LeavesNothingBehind()
    {
        var line = new StatusLine((text, _) => _terminal.Write(text), () => 80);
        line.Show("status");

        line.Dispose();
        line.Show("more");
        line.Refresh();

        Assert.Equal([""], Seen());
    }

    [Theory]
    [InlineData(GuestStream.Output, true, true)]
    [InlineData(GuestStream.Output, false, false)]
    [InlineData(GuestStream.Error, false, true)]
    public void GuestWrites_ToTheTerminal_TheLineMakesWay(GuestStream stream, bool sharesOutput, bool expected)
    {
        using var line = new StatusLine((text, _) => _terminal.Write(text), () => 80);
        var inner = new InnerOutput(_terminal);
        line.Show("status");

        var errno = new StatusLineOutput(inner, line, sharesOutput).Write("vm", stream, "hello\n"u8, null);

        Assert.Equal(Errno.EPIPE, errno);
        Assert.Equal(expected, inner.TerminalBefore.EndsWith(Erase, StringComparison.Ordinal));
    }

    private string[] Seen()
    {
        var lines = new List<string> { "" };
        foreach (var part in _terminal.ToString().Replace(Erase, "\r", StringComparison.Ordinal))
        {
            if (part == '\n')
            {
                lines.Add("");
            }
            else
            {
                lines[^1] = part == '\r' ? "" : lines[^1] + part;
            }
        }

        return [.. lines];
    }

    private sealed class InnerOutput(StringWriter terminal) : IGuestOutput
    {
        public string TerminalBefore { get; private set; } = "";

        public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
        {
            TerminalBefore = terminal.ToString();
            return Errno.EPIPE;
        }
    }
}
