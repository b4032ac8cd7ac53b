using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Execution;

/// <summary>
/// Runs one vCPU until it ends: the hot path of the program. Between two KVM_RUNs it allocates nothing, takes no lock, logs
/// nothing and starts no task.
/// </summary>
/// <param name="vcpu">The vCPU, bound to the calling thread.</param>
/// <param name="dispatcher">What handles its exits.</param>
/// <param name="stop">What ends it from outside.</param>
/// <param name="statistics">Where every exit is counted.</param>
/// <param name="sampler">What picks exits to become spans.</param>
/// <param name="note">Where the call of an exit is written down.</param>
public sealed class VcpuLoop(
    IVcpu vcpu, ExitDispatcher dispatcher, VmStopSignal stop, ExitStatistics statistics, ExitSampler sampler, CallNote note)
{
    // Longer paths are cut: a span is for reading.
    private const int MaxPathBytes = 256;

    // How many exits a vCPU takes out of its VM's budget at once.
    private const long ExitsAtOnce = 256;

    private bool _keepsSamples;

    /// <summary>Looks at an exit before it is handled.</summary>
    public delegate void ExitObserver(in VcpuExit exit);

    /// <summary>Watches every exit; null in ordinary runs.</summary>
    public ExitObserver? Observer { get; init; }

    /// <summary>Keeps exits for the report and the timeline; null when neither is wanted.</summary>
    public ExitRecorder? Recorder { get; init; }

    /// <summary>How many exits the VM may make; null for any number.</summary>
    public Quota? Exits { get; init; }

    /// <summary>Reads what the last call was about; null where calls have no paths.</summary>
    public ReadCallPath? ReadPath { get; init; }

    /// <summary>Runs the vCPU on the calling thread.</summary>
    /// <exception cref="SystemCallException">The vCPU could not be run.</exception>
    public VcpuEnd Run() => RunUntil(null) ?? new VcpuEnd(VcpuEndKind.Stopped);

    /// <summary>Runs the vCPU on the calling thread, which may be handling an exit of it, until somebody has seen enough.</summary>
    /// <param name="isOver">Asked after each exit; null for never.</param>
    /// <returns>How the vCPU ended; null when it was seen enough of.</returns>
    /// <exception cref="SystemCallException">The vCPU could not be run.</exception>
    public VcpuEnd? RunUntil(Func<bool>? isOver)
    {
        VcpuEnd? end = null;
        _keepsSamples = sampler.IsOn || Recorder is not null;
        var collections = GC.CollectionCount(0);
        long exitsLeft = 0;
        var entered = Stopwatch.GetTimestamp();
        while (end is null && isOver?.Invoke() != true)
        {
            if (stop.NeedsAttention)
            {
                stop.AwaitResume();
                if (stop.IsRequested)
                {
                    end = new VcpuEnd(VcpuEndKind.Stopped);
                    break;
                }
            }

            if (--exitsLeft < 0 && !TryTakeExits(ref exitsLeft))
            {
                end = new VcpuEnd(VcpuEndKind.OutOfBudget);
                break;
            }

            var exit = vcpu.Run();
            var exited = Stopwatch.GetTimestamp();
            var reason = exit.Reason;
            Observer?.Invoke(exit);
            note.Clear();
            end = reason == VcpuExitReason.Intr && vcpu.IsOutOfInstructions
                ? new VcpuEnd(VcpuEndKind.OutOfBudget) { IsOutOfInstructions = true }
                : dispatcher.Dispatch(exit);

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

        Exits?.Return(exitsLeft);
        return end;
    }

    // One of them for the entry to come.
    private bool TryTakeExits(ref long left)
    {
        left = (Exits?.TakeUpTo(ExitsAtOnce) ?? long.MaxValue) - 1;
        if (left >= 0)
        {
            return true;
        }

        left = 0;
        Exits!.Refuse();
        return false;
    }

    // Apart from the loop, so that this stays small when nobody wants samples.
    private void Keep(in VcpuExit exit, long entered, long exited, long handled)
    {
        var sample = new ExitSample(exit.Reason, entered, exited, handled)
        {
            Port = exit.Reason == VcpuExitReason.Io ? exit.Io.Port : (ushort)0,
            Call = note.IsPresent ? note.Call.Number : null,
            CallResult = note.IsPresent ? note.Call.Result : 0,
            Address = exit.Reason == VcpuExitReason.Mmio ? exit.Mmio.Address : 0,
        };
        if (sampler.Offer(sample) && note.IsPresent && ReadPathText() is { } path)
        {
            sampler.LabelLast(path);
        }

        Recorder?.Record(sample, note, ReadPath);
    }

    private string? ReadPathText()
    {
        Span<byte> bytes = stackalloc byte[MaxPathBytes];
        var length = ReadPath?.Invoke(bytes) ?? 0;
        return length == 0 ? null : PrintableText.Of(bytes[..length], isCut: length == MaxPathBytes);
    }
}
