using Akka.Actor;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vm;

/// <content>How a VM ends, what it reports, and how it becomes new for another instance.</content>
public sealed partial class VmActor
{
    private void Collect(VcpuEnded ended)
    {
        _ended.Add(ended);
        KvmTelemetry.MessageHandled(nameof(VcpuEnded), ended.Sent);
        switch (ended.End.Kind)
        {
            case VcpuEndKind.Panicked or VcpuEndKind.Killed:
                EndEarly(new VmVerdict(VmOutcome.Panicked, ended.End.Message));
                break;
            case VcpuEndKind.Crashed:
                EndEarly(new VmVerdict(VmOutcome.Crashed, ended.End.Message));
                break;
            case VcpuEndKind.Exited when ended.End.EndsVm:
                EndEarly(new VmVerdict(VmOutcome.Exited, Message: null));
                break;
        }

        if (_ended.Count == _vcpus.Count)
        {
            Finish();
        }
    }

    // Children stop only with their VM; one that dies before takes the VM with it, and a dead vCPU reports nothing.
    private void LoseChild(Terminated message)
    {
        _vcpus.Remove(message.ActorRef);
        if (!_started)
        {
            // Between two instances: the next one is not for this VM.
            Context.Stop(Self);
            return;
        }

        EndEarly(new VmVerdict(VmOutcome.Crashed, $"its actor {message.ActorRef.Path.Name} died"));
        if (_running && _ended.Count == _vcpus.Count)
        {
            Finish();
        }
    }

    /// <summary>Ends the VM with a verdict; the first one counts. Running vCPUs report before the VM does.</summary>
    private void EndEarly(VmVerdict verdict, string? happened = null)
    {
        if (happened is not null)
        {
            KvmTelemetry.AddEvent(_span, happened);
        }

        _verdict ??= verdict;
        _stop.Request();
        if (!_running && _started)
        {
            Finish();
        }
    }

    private void Finish()
    {
        Timers.CancelAll();
        foreach (var ended in _ended)
        {
            KvmTelemetry.RecordVcpu(_spec.Name, ended.Statistics);
        }

        // The vCPU has let go of its own, so one vCPU's are the VM's.
        var statistics = _ended is [var only] ? only.Statistics : ExitStatistics.SumOf(_ended.Select(ended => ended.Statistics));
        var result = VmResults.Summarise(_id, _spec.Name, _asked, _verdict, _ended) with
        {
            Start = _start,
            Expected = _spec.Expected,
            Devices = _resources?.Devices.Reports ?? [],
            MissingSystemCalls = statistics.MissingSystemCalls,
            ReadBack = [.. _spec.ReadBack.Select(ReadMemory)],
            Times = VmTimes.Of(_origin, _asked, _ended),
        };
        if (result.StartDuration > TimeSpan.Zero)
        {
            KvmTelemetry.VmEntered(_spec.Name, result.StartDuration);
        }

        if (_ended.Count > 0)
        {
            KvmTelemetry.AddEvent(_span, "first entry", _ended.Min(vcpu => vcpu.Entered));
        }

        KvmTelemetry.SetOutcome(_span, result.Outcome, result.Message);
        var message = new VmEnded(result, statistics)
        {
            Span = _span?.Context ?? default,
            Recording = _services.Recording is null ? null : Recording(),
        };
        var isFree = TryBecomeNew(result.Outcome);
        if (!isFree)
        {
            Become(() => ReceiveAny(_ => { }));
            Context.Stop(Self);
        }

        _supervisor.Tell(message with { IsFree = isFree });
    }

    private VmRecording Recording()
    {
        var (operations, dropped) = _operations?.Read() ?? ([], 0);
        return new VmRecording([.. _ended.OrderBy(ended => ended.Index).Select(ended => ended.Recording).OfType<VcpuRecording>()], operations, dropped);
    }

    // Whoever ends by itself leaves a VM whose every part can be made new. After anything else it is not worth the doubt.
    private bool TryBecomeNew(VmOutcome outcome)
    {
        if (outcome is not (VmOutcome.Exited or VmOutcome.Halted or VmOutcome.Panicked)
            || _resources is null || _ended.Count == 0 || _ended.Count != _spec.Vcpus
            || _ended[0].RestoredTo is not { } template || _ended.Any(ended => ended.RestoredTo != template))
        {
            return false;
        }

        try
        {
            if (!_resources.TryReset(template))
            {
                return false;
            }
        }
        catch (KvmException)
        {
            // The next instance gets a VM of its own, and says so when that cannot be made either.
            return false;
        }

        _ended.Clear();
        _verdict = null;
        (_started, _running) = (false, false);
        _span?.Dispose();
        _span = null;
        CountClosed();
        return true;
    }

    private MemoryDump ReadMemory(ReadBackSpec wanted) => new(
        wanted.Address.Value,
        _resources is not null && _resources.Memory.TryGetSpan(wanted.Address, (ulong)wanted.Length, out var bytes) ? bytes.ToArray() : []);
}
