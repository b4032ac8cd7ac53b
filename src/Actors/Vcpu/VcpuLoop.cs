using System.Diagnostics;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vcpu;

/// <summary>
/// Runs one vCPU until it ends: the hot path of the program. Between two KVM_RUNs it allocates nothing, takes no lock, logs
/// nothing and starts no task.
/// </summary>
internal sealed class VcpuLoop(
    KvmVcpu vcpu, ExitDispatcher dispatcher, HypercallHandler hypercalls, VmStopSignal stop, ExitStatistics statistics, ExitSampler sampler)
{
    private bool _keepsSamples;

    /// <summary>Looks at an exit before it is handled.</summary>
    public delegate void ExitObserver(in VcpuExit exit);

    /// <summary>Watches every exit; null in ordinary runs.</summary>
    public ExitObserver? Observer { get; init; }

    /// <summary>Keeps exits for the report and the timeline; null when neither is wanted.</summary>
    public ExitRecorder? Recorder { get; init; }

    /// <summary>Runs the vCPU on the calling thread.</summary>
    /// <exception cref="KvmException">KVM_RUN failed.</exception>
    public VcpuEnd Run()
    {
        VcpuEnd? end = null;
        _keepsSamples = sampler.IsOn || Recorder is not null;
        var collections = GC.CollectionCount(0);
        var entered = Stopwatch.GetTimestamp();
        while (end is null && !stop.IsRequested)
        {
            var exit = vcpu.Run();
            var exited = Stopwatch.GetTimestamp();
            var reason = exit.Reason;
            Observer?.Invoke(exit);
            hypercalls.BeginExit();
            end = dispatcher.Dispatch(exit);

            // The end of this exit is the beginning of the next entry.
            var handled = Stopwatch.GetTimestamp();
            if (reason is VcpuExitReason.Io or VcpuExitReason.Mmio)
            {
                statistics.RecordExit(dispatcher.LastSite, exited - entered, handled - exited);
            }
            else
            {
                statistics.RecordExit(reason, exited - entered, handled - exited);
            }

            var collectionsNow = GC.CollectionCount(0);
            if (collectionsNow != collections)
            {
                collections = collectionsNow;
                statistics.RecordGcOverlap();
            }

            if (_keepsSamples)
            {
                Keep(exit, entered, exited, handled);
            }

            entered = handled;
        }

        return end ?? new VcpuEnd(VcpuEndKind.Stopped);
    }

    // Apart from the loop, so that this stays small when nobody wants samples.
    private void Keep(in VcpuExit exit, long entered, long exited, long handled)
    {
        var sample = new ExitSample(
            exit.Reason, entered, exited, handled, exit.Reason == VcpuExitReason.Io ? exit.Io.Port : (ushort)0, hypercalls.LastCall, hypercalls.LastResult)
        {
            Address = exit.Reason == VcpuExitReason.Mmio ? exit.Mmio.Address : 0,
        };
        if (sampler.Offer(sample) && hypercalls.ReadLastPath() is { } path)
        {
            sampler.LabelLast(path);
        }

        Recorder?.Record(sample);
    }
}
