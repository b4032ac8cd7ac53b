using System.Diagnostics;
using System.Globalization;
using System.Text;
using KvmActors.Actors.Results;
using KvmActors.Interop.Kvm;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Timeline;

/// <summary>
/// What <c>--timeline</c> writes: each VM a process; in it a track for its life, one for each vCPU's thread, and one for
/// the calls that had to wait at the gate, inside it, if there were any. A vCPU's guest and host slices follow each other without a gap; a hypercall is
/// inside its host slice.
/// </summary>
internal sealed class TimelineDocument
{
    private readonly TraceEventWriter _events;
    private readonly long _origin;
    private int _threads;
    private long _dropped;

    private TimelineDocument(TraceEventWriter events, long origin)
    {
        _events = events;
        _origin = origin;
    }

    /// <summary>Writes the document.</summary>
    public static void Write(Stream stream, ScenarioResult result)
    {
        var recording = result.Recording;
        using var events = new TraceEventWriter(stream, recording?.Origin ?? 0);
        var document = new TimelineDocument(events, recording?.Origin ?? 0);
        foreach (var (index, timeline) in (recording?.Timelines ?? []).OrderBy(timeline => timeline.Vm.Times?.AskedFor).Index())
        {
            document.WriteVm(index + 1, timeline);
        }

        events.End(("scenario", result.Scenario), ("droppedEvents", document._dropped.ToString(CultureInfo.InvariantCulture)));
    }

    private void WriteVm(int process, VmTimeline timeline)
    {
        var (vm, recording) = timeline;
        _events.NameProcess(process, vm.Id);
        if (vm.Times is { } times)
        {
            var thread = NextThread(process, "life");
            var entered = times.Entered ?? times.Ended;
            _events.Slice(process, thread, "vm", "starting", TicksAt(times.AskedFor), TicksAt(entered));
            _events.Slice(
                process, thread, "vm", vm.Outcome.ToString(), TicksAt(entered), TicksAt(times.Ended),
                ("message", vm.Message), ("exit code", vm.ExitCode?.ToString(CultureInfo.InvariantCulture)));
        }

        foreach (var vcpu in recording.Vcpus)
        {
            WriteVcpu(process, vcpu);
        }

        if (recording.Operations.Count > 0)
        {
            var thread = NextThread(process, "gate");
            _dropped += recording.OperationsDropped;
            foreach (var operation in recording.Operations)
            {
                _events.Slice(
                    process, thread, "hypercall", CallNames.NameOf(operation.Number), operation.Started, operation.Ended, ("result", Text(operation.Result)));
            }
        }
    }

    private void WriteVcpu(int process, VcpuRecording vcpu)
    {
        var thread = NextThread(process, vcpu.ThreadName is { Length: > 0 } name ? $"vCPU {vcpu.Index} ({PrintableText.Of(Encoding.UTF8.GetBytes(name))})" : $"vCPU {vcpu.Index}");
        _dropped += vcpu.Dropped;
        _events.Slice(
            process, thread, "vcpu", $"vCPU {vcpu.Index}", vcpu.Entered, vcpu.Left,
            ("older exits left out", vcpu.Dropped == 0 ? null : Text(vcpu.Dropped)));
        foreach (var exit in vcpu.Timeline)
        {
            _events.Slice(process, thread, "guest", "guest", exit.Entered, exit.Exited);
            _events.Slice(process, thread, "host", exit.Reason.ToString(), exit.Exited, exit.Handled, ("location", LocationOf(exit)));
            if (exit.HasCall)
            {
                var call = exit.Call;
                _events.Slice(
                    process, thread, "hypercall", CallNames.NameOf(call.Number), call.Started, call.Ended,
                    ("result", Text(call.Result)), ("waited at", call.WasQueued ? "the gate" : null));
                if (call.Waited)
                {
                    _events.Slice(process, thread, "hypercall", "wait", call.Ended, exit.Handled);
                }
            }
        }
    }

    // Threads are numbered through all processes: the format allows either, but not every reader does.
    private int NextThread(int process, string name)
    {
        _events.NameThread(process, ++_threads, name);
        return _threads;
    }

    private long TicksAt(TimeSpan sinceOrigin) => _origin + (long)(sinceOrigin.TotalSeconds * Stopwatch.Frequency);

    private static string? LocationOf(in RecordedExit exit) => exit.Reason switch
    {
        VcpuExitReason.Io => $"port 0x{exit.Location:x}",
        VcpuExitReason.Mmio => $"address 0x{exit.Location:x}",
        _ => null,
    };

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
