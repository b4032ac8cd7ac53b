using System.Diagnostics;
using OpenTelemetry;

namespace KvmActors.Host.Telemetry;

/// <summary>
/// Keeps the exporter's queue from overflowing, which would lose spans without a word: a vCPU that has stopped makes up to two
/// thousand at once. When enough are under way, its thread, which may wait, waits until they are sent. The spans of actors never
/// wait; they fit into the rest of the queue.
/// </summary>
/// <param name="limit">How many spans may be under way before one waits.</param>
internal sealed class SpanBackPressure(int limit) : BaseProcessor<Activity>
{
    // A receiver that takes longer than this is not waited for again for a while: guests' ends matter more than spans.
    private const int PatienceMilliseconds = 10_000;

    private readonly Lock _gate = new();
    private int _underWay;
    private long _waitAgain;

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (Interlocked.Increment(ref _underWay) < limit || data.OperationName is not ("exit" or "hypercall" or "vcpu"))
        {
            return;
        }

        lock (_gate)
        {
            // Another thread may have waited for these already.
            var sent = Volatile.Read(ref _underWay);
            if (sent < limit || Environment.TickCount64 < _waitAgain || ParentProvider is not OpenTelemetry.Trace.TracerProvider provider)
            {
                return;
            }

            Interlocked.Add(ref _underWay, -sent);
            if (!OpenTelemetry.Trace.TracerProviderExtensions.ForceFlush(provider, PatienceMilliseconds))
            {
                _waitAgain = Environment.TickCount64 + PatienceMilliseconds;
            }
        }
    }
}
