using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Recording;

/// <summary>Reads the path that the last call was about, again and for the eye only.</summary>
/// <param name="target">Receives its bytes; a longer path is cut.</param>
/// <returns>How many; 0 when the call has no path, or it cannot be read any more.</returns>
public delegate int ReadCallPath(Span<byte> target);

/// <summary>
/// Keeps what the report and the timeline show of one vCPU's exits, in memory taken beforehand: about 8 KiB, and the timeline's
/// ring. Belongs to the vCPU's thread; recording allocates nothing.
/// </summary>
public sealed class ExitRecorder
{
    private readonly LatencyOverTime _latencies;
    private readonly SlowestExits _slowest = new();
    private readonly NewestRing<RecordedExit>? _timeline;

    /// <summary>Takes the memory.</summary>
    /// <param name="options">What to keep.</param>
    /// <param name="origin">The scenario's start, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</param>
    public ExitRecorder(RecordingOptions options, long origin)
    {
        _latencies = new LatencyOverTime(origin);
        _timeline = options.TimelineExits > 0 ? new NewestRing<RecordedExit>(options.TimelineExits) : null;
    }

    /// <summary>Records an exit that has been handled.</summary>
    /// <param name="sample">The exit.</param>
    /// <param name="note">The call it made.</param>
    /// <param name="readPath">How to read what that was about; null where calls have no paths.</param>
    public void Record(in ExitSample sample, CallNote note, ReadCallPath? readPath = null)
    {
        var location = sample.Reason == VcpuExitReason.Mmio ? sample.Address : sample.Port;
        var hasCall = note.IsPresent;
        var recorded = new RecordedExit(sample.Reason, sample.Entered, sample.Exited, sample.Handled, location)
        {
            HasCall = hasCall,
            Call = hasCall ? note.Call : default,
        };
        Record(recorded, readPath);
    }

    /// <summary>Records an exit.</summary>
    /// <param name="recorded">The exit.</param>
    /// <param name="readPath">How to read what its call was about.</param>
    public void Record(in RecordedExit recorded, ReadCallPath? readPath = null)
    {
        _latencies.Record(recorded.Exited, recorded.HostTicks);
        _timeline?.Add(recorded);
        if (_slowest.Wants(recorded))
        {
            var path = _slowest.Keep(recorded, out var row);
            if (recorded.HasCall && readPath is not null)
            {
                _slowest.SetPathLength(row, readPath(path));
            }
        }
    }

    /// <summary>Lets go of what was kept.</summary>
    public VcpuRecording Finish(int index, long entered, long left) => new(index, entered, left, _latencies)
    {
        Slowest = _slowest.ToList(),
        Timeline = _timeline?.ToArray() ?? [],
        Dropped = _timeline?.Dropped ?? 0,
    };
}
