using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Hypercalls.Syscalls;
using KvmActors.Actors.Telemetry;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Recording;

/// <summary>
/// Keeps what the report and the timeline show of one vCPU's exits, in memory taken beforehand: about 8 KiB, and the timeline's
/// ring. Belongs to the vCPU's thread; recording allocates nothing.
/// </summary>
internal sealed class ExitRecorder
{
    private readonly LatencyOverTime _latencies;
    private readonly SlowestExits _slowest = new();
    private readonly NewestRing<RecordedExit>? _timeline;
    private readonly GuestBuffers _buffers;

    private FileRequest _request;
    private RecordedCall _call;
    private bool _hasCall;

    /// <summary>Takes the memory.</summary>
    /// <param name="options">What to keep.</param>
    /// <param name="origin">The scenario's start, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</param>
    /// <param name="memory">The guest's memory, for the paths its calls are about.</param>
    public ExitRecorder(RecordingOptions options, long origin, GuestMemory memory)
    {
        _latencies = new LatencyOverTime(origin);
        _timeline = options.TimelineExits > 0 ? new NewestRing<RecordedExit>(options.TimelineExits) : null;
        _buffers = new GuestBuffers(memory);
    }

    /// <summary>Notes the hypercall of the exit that is being handled.</summary>
    public void NoteCall(in FileRequest request, long started, long ended, in FileOutcome outcome, bool wasQueued)
    {
        _request = request;
        _call = new RecordedCall(
            request.Id, started, ended, outcome.Result, request.First, request.Third, wasQueued, outcome.SleepNanoseconds != 0);
        _hasCall = true;
    }

    /// <summary>Records an exit that has been handled.</summary>
    public void Record(in ExitSample sample)
    {
        var location = sample.Reason == VcpuExitReason.Mmio ? sample.Address : sample.Port;
        Record(new RecordedExit(sample.Reason, sample.Entered, sample.Exited, sample.Handled, location, _hasCall, _hasCall ? _call : default));
    }

    /// <summary>Lets go of what was kept.</summary>
    public VcpuRecording Finish(int index, long entered, long left) =>
        new(index, entered, left, _latencies, _slowest.ToList(), _timeline?.ToArray() ?? [], _timeline?.Dropped ?? 0);

    /// <summary>Records an exit.</summary>
    public void Record(in RecordedExit recorded)
    {
        _hasCall = false;
        _latencies.Record(recorded.Exited, recorded.HostTicks);
        _timeline?.Add(recorded);
        if (_slowest.Wants(recorded))
        {
            Keep(recorded);
        }
    }

    private void Keep(in RecordedExit recorded)
    {
        var path = _slowest.Keep(recorded, out var row);
        if (recorded.HasCall && SyscallPaths.AddressOf(_request) is { } address)
        {
            // Read again for the eye only: a longer path fills the room and is cut.
            _buffers.Begin();
            var errno = _buffers.ReadPath(_request.Space, address, path, out var length);
            _slowest.SetPathLength(row, errno switch
            {
                Errno.None => length,
                Errno.ENAMETOOLONG => path.Length,
                _ => 0,
            });
        }
    }
}
