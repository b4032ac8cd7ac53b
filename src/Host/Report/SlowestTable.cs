using System.Diagnostics;
using KvmActors.Actors.Results;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Recording;

namespace KvmActors.Host.Report;

/// <summary>The slowest exits and what they were.</summary>
internal static class SlowestTable
{
    private const double BarWidth = 72;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    /// <summary>Writes the section; nothing without exits.</summary>
    public static void Write(HtmlWriter html, ScenarioRecording recording)
    {
        if (recording.Slowest.Count == 0)
        {
            return;
        }

        html.Markup("<section><h2>Slowest exits</h2>\n<p class=\"soft\">By the time the host worked on them; a wait that the guest asked for does not count.</p>\n");
        html.Markup("<div class=\"scroll\"><table><thead><tr><th scope=\"col\" class=\"n\">Host</th><th scope=\"col\"><span hidden>In proportion</span></th><th scope=\"col\">Exit</th><th scope=\"col\">What</th>");
        html.Markup("<th scope=\"col\">VM</th><th scope=\"col\" class=\"n\">vCPU</th><th scope=\"col\" class=\"n\">At</th><th scope=\"col\" class=\"n\">Guest before</th></tr></thead><tbody>\n");
        var slowest = (double)Math.Max(1, recording.Slowest[0].Slow.Exit.WorkTicks);
        foreach (var (vm, vcpu, slow) in recording.Slowest)
        {
            var exit = slow.Exit;
            html.Write($"<tr><td class=\"n\">{Duration(exit.WorkTicks)}</td><td><span class=\"bar\" style=\"width:{BarWidth * exit.WorkTicks / slowest}px\"></span></td>");
            html.Write($"<td>{exit.Reason.ToString()}</td><td class=\"message\">{DetailOf(slow)}</td><td class=\"nowrap\">{vm}</td><td class=\"n\">{vcpu}</td>");
            html.Write($"<td class=\"n\">{Duration(exit.Exited - recording.Origin)}</td><td class=\"n\">{Duration(exit.GuestTicks)}</td></tr>\n");
        }

        html.Markup("</tbody></table></div></section>\n");
    }

    /// <summary>What an exit was about, in a line.</summary>
    public static string DetailOf(SlowExit slow)
    {
        var exit = slow.Exit;
        var place = exit.Reason switch
        {
            VcpuExitReason.Io when Enum.IsDefined((HypercallPort)exit.Location) =>
                $"port 0x{exit.Location:x} ({((HypercallPort)exit.Location).ToString().ToLowerInvariant()}{(IsFetched(exit) ? ", result fetched" : "")})",
            VcpuExitReason.Io => $"port 0x{exit.Location:x}",
            VcpuExitReason.Mmio => $"address 0x{exit.Location:x}",
            _ => "",
        };
        if (!exit.HasCall)
        {
            return place;
        }

        var call = exit.Call;
        var result = call.Result is < 0 and > -4096 ? $"-{(Errno)(-call.Result)}" : FormattableString.Invariant($"{call.Result}");
        var queued = call.WasQueued ? ", after another vCPU's" : "";
        return $"{CallNames.NameOf(call.Number)}({ArgumentsOf(slow)}) = {result}{queued}";
    }

    // What is no call on a call's port reads its result, but for calls that never return.
    private static bool IsFetched(in RecordedExit exit) =>
        !exit.HasCall && (HypercallPort)exit.Location is not (HypercallPort.Exit or HypercallPort.Panic or HypercallPort.Killed);

    private static string ArgumentsOf(SlowExit slow)
    {
        var call = slow.Exit.Call;
        return slow.Path is { } path ? path : (CallNumber)call.Number switch
        {
            CallNumber.Read or CallNumber.Write or CallNumber.Pread64 or CallNumber.Pwrite64 =>
                FormattableString.Invariant($"fd {(int)call.First}, {call.Third} bytes"),
            CallNumber.Close or CallNumber.Fstat or CallNumber.Lseek or CallNumber.Readv or CallNumber.Writev or CallNumber.Preadv =>
                FormattableString.Invariant($"fd {(int)call.First}"),
            _ => "",
        };
    }

    private static string Duration(long ticks) => Units.Duration(ticks * NanosecondsPerTick);
}
