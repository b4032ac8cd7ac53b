using System.Globalization;
using System.Text;
using KvmActors.Machine.Debugging.Remote;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging.Stub;

/// <summary>
/// Answers a debugger's packets for one VM (GDB manual, "Remote Protocol"). Its threads are the vCPUs, thread n+1 being vCPU n, or those
/// of the program that the VM runs, by their own numbers. What it does not know it answers with an empty packet, as the protocol wants;
/// what makes no sense, with an error. One thread.
/// </summary>
/// <param name="debugger">The hold on the VM.</param>
/// <param name="peer">Where answers go.</param>
/// <param name="findFile">Finds the host's file behind a path of the guest's; null where there are none.</param>
public sealed partial class GdbStub(VmDebugger debugger, IRemotePeer peer, Func<string, string?>? findFile = null) : IDisposable
{
    private const string Error = "E01", Ok = "OK";

    // Each byte is two digits in a packet.
    private const int MaxMemoryBytes = PacketParser.MaxContentBytes / 2;

    private readonly RemoteFiles _files = new();
    private byte[] _last = [];
    private bool _withoutAcks;
    private int _selected;
    private StopEvent _stop = new(0, StopEvent.Trap);
    private TargetDescription? _description;

    /// <summary>Whether the guest runs, and the debugger waits to be told that it has stopped.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether the debugger has let go, or the VM is over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Takes note that the guest has stopped, and tells the debugger if it waits for that.</summary>
    public void Stopped(StopEvent stop)
    {
        _stop = stop;
        _selected = stop.Vcpu;
        if (stop.Note is { } note && IsRunning)
        {
            Reply($"O{HexText.OfText(note)}");
        }

        if (IsRunning)
        {
            IsRunning = false;
            Reply(StopReply());
        }

        IsOver |= stop.ExitStatus is not null;
    }

    /// <summary>Answers what a debugger sent.</summary>
    public void Handle(RemotePacket packet)
    {
        switch (packet.Kind)
        {
            case PacketKind.Interrupt:
                debugger.Interrupt();
                break;
            case PacketKind.NotAcknowledged when _last.Length > 0:
                peer.Send(_last);
                break;
            case PacketKind.Broken when !_withoutAcks:
                peer.Send("-"u8);
                break;
            case PacketKind.Packet:
                if (!_withoutAcks)
                {
                    peer.Send("+"u8);
                }

                Answer(packet.Content);
                break;
        }
    }

    private void Answer(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content);
        ReadOnlySpan<byte> rest = content.AsSpan(Math.Min(1, content.Length));
        switch (content.Length == 0 ? '\0' : (char)content[0])
        {
            case '?':
                Reply(StopReply());
                break;
            case 'g':
                Reply(ReadAll() ?? Error);
                break;
            case 'G':
                Reply(WriteAll(rest) ? Ok : Error);
                break;
            case 'p':
                Reply(ReadOne(rest) ?? Error);
                break;
            case 'P':
                Reply(WriteOne(rest) ? Ok : Error);
                break;
            case 'm':
                Reply(ReadMemory(rest) ?? Error);
                break;
            case 'M':
                Reply(WriteMemory(rest, isHex: true) ? Ok : Error);
                break;
            case 'X':
                Reply(WriteMemory(rest, isHex: false) ? Ok : Error);
                break;
            case 'Z' or 'z' when content.Length > 1 && content[1] is (byte)'0' or (byte)'1':
                Reply(ChangeBreakpoint(rest[1..], isSet: content[0] == 'Z') ? Ok : Error);
                break;
            case 'Z' or 'z' when content.Length > 1 && content[1] is >= (byte)'2' and <= (byte)'4':
                Reply(debugger.Watchpoints is null ? "" : ChangeWatchpoint(content[1], rest[1..], isSet: content[0] == 'Z') ? Ok : Error);
                break;
            case 'c':
                Go(new Dictionary<int, ThreadAction>(), areAll: true);
                break;
            case 's':
                Go(new Dictionary<int, ThreadAction> { [_selected] = new(Steps: true) }, areAll: true);
                break;
            case 'C' or 'S' when HexText.TryTakeNumber(ref rest, out var signal):
                Go(new Dictionary<int, ThreadAction> { [_selected] = new(content[0] == 'S', GdbSignals.ToLinux(signal)) }, areAll: true);
                break;
            case 'H':
                Reply(Select(rest) ? Ok : Error);
                break;
            case 'T':
                Reply(TryThread(rest, out _) ? Ok : Error);
                break;
            case 'D':
                debugger.Detach();
                IsOver = true;
                Reply(Ok);
                break;
            case 'k':
                End();
                break;
            case 'v':
                AnswerLong(text);
                break;
            case 'q' or 'Q':
                Reply(AnswerQuery(text));
                break;
            default:
                Reply("");
                break;
        }
    }

    private void AnswerLong(string text)
    {
        if (text == "vCont?")
        {
            Reply("vCont;c;C;s;S");
        }
        else if (text.StartsWith("vCont;", StringComparison.Ordinal))
        {
            Go(text["vCont;".Length..]);
        }
        else if (text.StartsWith("vFile:", StringComparison.Ordinal) && findFile is not null)
        {
            Reply(_files.Answer(text["vFile:".Length..], findFile));
        }
        else if (text.StartsWith("vKill", StringComparison.Ordinal))
        {
            Reply(Ok);
            End();
        }
        else
        {
            Reply("");
        }
    }

    private string AnswerQuery(string text)
    {
        const string Extra = "qThreadExtraInfo,", Features = "qXfer:features:read:target.xml:";
        const string Auxiliary = "qXfer:auxv:read::", Executable = "qXfer:exec-file:read:";
        switch (text)
        {
            case "qC":
                return $"QC{Thread(_selected)}";
            case "qAttached":
                return "1";
            case "qfThreadInfo":
                return $"m{string.Join(',', Threads().Select(Thread))}";
            case "qsThreadInfo":
                return "l";
            case "QStartNoAckMode":
                _withoutAcks = true;
                return Ok;
        }

        return text.StartsWith("qSupported", StringComparison.Ordinal)
                ? $"PacketSize={PacketParser.MaxContentBytes:x};qXfer:features:read+;swbreak+;vContSupported+;QStartNoAckMode+"
                    + (debugger.Program is null ? "" : ";qXfer:auxv:read+;qXfer:exec-file:read+")
            : text.StartsWith(Extra, StringComparison.Ordinal) && TryThread(Encoding.ASCII.GetBytes(text[Extra.Length..]), out var thread)
                ? HexText.OfText(debugger.Program?.FindThread(thread)?.Name ?? string.Create(CultureInfo.InvariantCulture, $"vCPU {thread}"))
            : debugger.Program is { } program && text.StartsWith(Auxiliary, StringComparison.Ordinal)
                ? Transfer(Encoding.Latin1.GetString([.. program.AuxiliaryVector]), Encoding.ASCII.GetBytes(text[Auxiliary.Length..]))
            : debugger.Program is { Path.Length: > 0 } running && text.StartsWith(Executable, StringComparison.Ordinal)
                ? Transfer(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(running.Path)), Encoding.ASCII.GetBytes(text[(text.LastIndexOf(':') + 1)..]))
            : text.StartsWith(Features, StringComparison.Ordinal) ? Transfer(Description()?.ToXml(), Encoding.ASCII.GetBytes(text[Features.Length..]))
            : "";
    }

    // OFFSET,LENGTH of a document: m and more to come, or l and the last.
    private static string Transfer(string? document, ReadOnlySpan<byte> range)
    {
        if (document is null || !HexText.TryTakeNumber(ref range, out var offset) || !HexText.TryTake(ref range, ',')
            || !HexText.TryTakeNumber(ref range, out var length) || offset > (ulong)document.Length)
        {
            return Error;
        }

        var left = document[(int)offset..];
        return length < (ulong)left.Length ? $"m{left[..(int)length]}" : $"l{left}";
    }

    private void End()
    {
        IsOver = true;
        debugger.Detach();
        debugger.Kill?.Invoke();
    }

    private bool Ask(Action<DebuggedVcpu> job) => debugger.Ask(_selected, job);

    private string Thread(int vcpu) => (debugger.Program?.FindThread(vcpu)?.Id ?? vcpu + 1).ToString("x", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    private string StopReply() => _stop.ExitStatus is { } status
        ? _stop.Signal > 0 ? $"X{GdbSignals.FromLinux(_stop.Signal):x2}" : $"W{(byte)status:x2}"
        : $"T{GdbSignals.FromLinux(_stop.Signal):x2}{(_stop.IsBreakpoint ? "swbreak:;" : "")}{WatchReply(_stop.Watch)}thread:{Thread(_stop.Vcpu)};";

    private static string WatchReply(WatchHit? hit) => hit is not { } met ? "" : met.Kind switch
    {
        WatchKind.Write => $"watch:{met.Address:x};",
        WatchKind.Read => $"rwatch:{met.Address:x};",
        _ => $"awatch:{met.Address:x};",
    };

    private void Reply(string content)
    {
        _last = PacketText.Wrap(Encoding.Latin1.GetBytes(content));
        peer.Send(_last);
    }
}
