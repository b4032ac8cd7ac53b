using System.Text;
using KvmActors.Machine.Debugging.Remote;

namespace KvmActors.Machine.Debugging.Stub;

/// <content>Which threads there are, and what they do when they go on.</content>
public sealed partial class GdbStub
{
    // c and s with a thread or without: the first that is a thread's own counts for it. Who is not named stays where it is.
    private void Go(string actions)
    {
        var decided = new Dictionary<int, ThreadAction>();
        var areAll = false;
        foreach (var action in actions.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = action.Split(':', 2);
            if (parts[0].Length == 0)
            {
                continue;
            }

            ReadOnlySpan<byte> number = Encoding.ASCII.GetBytes(parts[0][1..]);
            var wanted = new ThreadAction(
                parts[0][0] is 's' or 'S', parts[0][0] is 'C' or 'S' && HexText.TryTakeNumber(ref number, out var signal) ? GdbSignals.ToLinux(signal) : 0);
            var isForAll = parts.Length == 1 || parts[1] == "-1";
            var threads = isForAll ? debugger.Vcpus : TryThread(Encoding.ASCII.GetBytes(parts[1]), out var thread) ? [thread] : [];
            foreach (var vcpu in threads)
            {
                decided.TryAdd(vcpu, wanted);
            }

            areAll |= isForAll;
        }

        // Of a bare guest all stop and go together.
        Go(decided, areAll || debugger.Program is null);
    }

    private void Go(IReadOnlyDictionary<int, ThreadAction> actions, bool areAll)
    {
        if (debugger.Vcpus.Count == 0)
        {
            Reply(StopReply());
            return;
        }

        IsRunning = true;
        debugger.Resume(actions, areAll);
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

        if (!TryThread(thread, out var vcpu))
        {
            return false;
        }

        _selected = vcpu;
        return true;
    }

    private IEnumerable<int> Threads() => debugger.Program is { } program
        ? debugger.Vcpus.Where(vcpu => program.FindThread(vcpu) is not null) : debugger.Vcpus;

    private bool TryThread(ReadOnlySpan<byte> text, out int vcpu)
    {
        vcpu = -1;
        if (!HexText.TryTakeNumber(ref text, out var thread) || !text.IsEmpty || thread is 0 or > int.MaxValue)
        {
            return false;
        }

        vcpu = debugger.Program is { } program
            ? debugger.Vcpus.FirstOrDefault(index => program.FindThread(index)?.Id == (int)thread, -1)
            : debugger.Vcpus.FirstOrDefault(index => index == (int)thread - 1, -1);
        return vcpu >= 0;
    }
}
