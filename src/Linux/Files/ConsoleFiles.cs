using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Streams;

namespace KvmActors.Linux.Files;

/// <summary>Standard input.</summary>
internal sealed class ConsoleInput(GuestInput input, int? terminal = null) : GuestFile
{
    public override int? Terminal => terminal;

    public override bool CanPoll => true;

    public override long Read(GuestIoVector target)
    {
        long total = 0;
        for (var index = 0; index < target.Count; index++)
        {
            total += input.Take(target.GetPiece(index));
        }

        return total;
    }

    public override long GetStatus(out stat_t status) => StreamStatus.Get(Terminal, out status);

    public override long GetAvailable() => input.Available;

    // At the end of the input, too: read(2) would not wait.
    public override PollEvents Poll() => PollEvents.In;
}

/// <summary>The host process's own standard input. Nobody waits in here: a read that finds nothing is made again by its vCPU.</summary>
internal sealed class LiveInput(int? terminal) : GuestFile
{
    public override int? Terminal => terminal;

    // What was there when somebody looked; -1 for nothing, and when some of it was read since.
    private long _seen = -1;

    public override bool IsLiveInput => true;

    public override bool CanPoll => true;

    public override bool ChangesByItself => true;

    public override long Read(GuestIoVector target)
    {
        _seen = -1;
        return target.TotalBytes == 0 ? 0 : HostInput.IsReady() ? HostInput.Read(target) : Errno.EAGAIN.ToResult();
    }

    public override void Look()
    {
        var now = HostInput.IsReady() ? Math.Max(0, HostInput.GetAvailable()) : -1;
        if (now != _seen)
        {
            _seen = now;
            Changed();
        }
    }

    public override void AddTo(ref FileWait wait, PollEvents wanted) => wait.ForInput |= (wanted & (PollEvents.In | PollEvents.NormalIn)) != PollEvents.None;

    public override long GetStatus(out stat_t status) => StreamStatus.Get(Terminal, out status);

    public override long GetAvailable() => HostInput.GetAvailable();

    public override PollEvents Poll() => HostInput.IsReady() ? PollEvents.In : PollEvents.None;
}

/// <summary>Standard output or standard error.</summary>
internal sealed class ConsoleOutput : GuestFile
{
    private readonly GuestConsole _console;
    private readonly GuestStream _stream;
    private readonly WriterDelay _delay;

    public ConsoleOutput(GuestConsole console, GuestStream stream, WriterDelay delay)
    {
        (_console, _stream, _delay) = (console, stream, delay);
        Flags = OpenFlags.WriteOnly;
    }

    public override int? Terminal => _console.TerminalOf(_stream);

    public override bool CanPoll => true;

    public override long Write(GuestIoVector source)
    {
        long total = 0;
        for (var index = 0; index < source.Count; index++)
        {
            var written = _console.Write(_stream, source.GetPiece(index), out var delay);
            _delay.Nanoseconds = Math.Max(_delay.Nanoseconds, delay);
            if (written < 0)
            {
                return total > 0 ? total : written;
            }

            total += written;
        }

        return total;
    }

    public override long GetStatus(out stat_t status) => StreamStatus.Get(Terminal, out status);

    public override PollEvents Poll() => PollEvents.Out;
}

/// <summary>How long who wrote to a stream has to wait before it gets the call's result, because its VM writes too fast.</summary>
internal sealed class WriterDelay
{
    /// <summary>For the call at hand; 0 for not at all.</summary>
    public long Nanoseconds { get; set; }
}

/// <summary>What a standard stream looks like: a terminal, or a pipe.</summary>
internal static class StreamStatus
{
    public static long Get(int? terminal, out stat_t status)
    {
        status = terminal is null
            ? SyntheticStatus.Of(ModeBits.Fifo | 0x180, inode: 1)
            : SyntheticStatus.Of(ModeBits.CharacterDevice | 0x190, inode: 2, device: SyntheticStatus.Device(136, 0));
        return 0;
    }
}
