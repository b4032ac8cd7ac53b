using System.Globalization;
using System.Text;
using KvmActors.Machine.Debugging.Remote;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging.Stub;

/// <summary>
/// Answers a debugger's packets for one VM (GDB manual, "Remote Protocol"). Its threads are the vCPUs, thread n+1 being vCPU n. What
/// it does not know it answers with an empty packet, as the protocol wants; what makes no sense, with an error. One thread.
/// </summary>
/// <param name="debugger">The hold on the VM.</param>
/// <param name="peer">Where answers go.</param>
public sealed partial class GdbStub(VmDebugger debugger, IRemotePeer peer)
{
    private const string Error = "E01", Ok = "OK";

    // Each byte is two digits in a packet.
    private const int MaxMemoryBytes = PacketParser.MaxContentBytes / 2;

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
                Go([]);
                break;
            case 's':
                Go([_selected]);
                break;
            case 'H':
                Reply(Select(rest) ? Ok : Error);
                break;
            case 'T':
                Reply(TryThread(rest, out var asked) && debugger.Vcpus.Contains(asked) ? Ok : Error);
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
            Go(StepsOf(text["vCont;".Length..]));
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
        switch (text)
        {
            case "qC":
                return $"QC{Thread(_selected)}";
            case "qAttached":
                return "1";
            case "qfThreadInfo":
                return $"m{string.Join(',', debugger.Vcpus.Select(Thread))}";
            case "qsThreadInfo":
                return "l";
            case "QStartNoAckMode":
                _withoutAcks = true;
                return Ok;
        }

        return text.StartsWith("qSupported", StringComparison.Ordinal)
                ? $"PacketSize={PacketParser.MaxContentBytes:x};qXfer:features:read+;swbreak+;vContSupported+;QStartNoAckMode+"
            : text.StartsWith(Extra, StringComparison.Ordinal) && TryThread(Encoding.ASCII.GetBytes(text[Extra.Length..]), out var thread)
                ? HexText.OfText(string.Create(CultureInfo.InvariantCulture, $"vCPU {thread}"))
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

    // c and s with a thread or without: the first that is a thread's own counts for it. All stop and go together.
    private List<int> StepsOf(string actions)
    {
        var steps = new List<int>();
        var decided = new HashSet<int>();
        foreach (var action in actions.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = action.Split(':', 2);
            var threads = parts.Length == 1 || parts[1] == "-1" ? debugger.Vcpus
                : TryThread(Encoding.ASCII.GetBytes(parts[1]), out var thread) ? [thread] : [];
            foreach (var vcpu in threads.Where(decided.Add))
            {
                if (parts[0].StartsWith('s') || parts[0].StartsWith('S'))
                {
                    steps.Add(vcpu);
                }
            }
        }

        return steps;
    }

    private void Go(IReadOnlyCollection<int> steps)
    {
        if (debugger.Vcpus.Count == 0)
        {
            Reply(StopReply());
            return;
        }

        IsRunning = true;
        debugger.Resume(steps);
    }

    private void End()
    {
        IsOver = true;
        debugger.Detach();
        debugger.Kill?.Invoke();
    }

    // Hg and Hc, a thread, 0 for any, -1 for all.
    private bool Select(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var thread = rest[1..];
        if (thread is [(byte)'0'] or [(byte)'-', (byte)'1'])
        {
            return true;
        }

        if (!TryThread(thread, out var vcpu) || !debugger.Vcpus.Contains(vcpu))
        {
            return false;
        }

        _selected = vcpu;
        return true;
    }

    private static bool TryThread(ReadOnlySpan<byte> text, out int vcpu)
    {
        var isNumber = HexText.TryTakeNumber(ref text, out var thread) && text.IsEmpty && thread is > 0 and <= int.MaxValue;
        vcpu = isNumber ? (int)thread - 1 : -1;
        return isNumber;
    }

    private bool Ask(Action<DebuggedVcpu> job) => debugger.Ask(_selected, job);

    private static string Thread(int vcpu) => (vcpu + 1).ToString("x", CultureInfo.InvariantCulture);

    private string StopReply() => _stop.ExitStatus is { } status
        ? $"W{(byte)status:x2}"
        : $"T{_stop.Signal:x2}{(_stop.IsBreakpoint ? "swbreak:;" : "")}{WatchReply(_stop.Watch)}thread:{Thread(_stop.Vcpu)};";

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
