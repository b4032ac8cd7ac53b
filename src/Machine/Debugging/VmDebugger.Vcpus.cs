using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <content>For the vCPUs, on their own threads.</content>
public sealed partial class VmDebugger
{
    /// <summary>A vCPU is there, on its own thread.</summary>
    internal void Enter(DebuggedVcpu vcpu, GuestMemory memory)
    {
        lock (_gate)
        {
            var watches = vcpu.Vcpu is IVcpuWatch;
            Breakpoints ??= new Breakpoints(memory, isUnseen: watches && !awaitsProgram);
            Watchpoints ??= watches ? new Watchpoints() : null;
            _vcpus[vcpu.Index] = vcpu;
            _entered++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A vCPU has ended.</summary>
    internal void Leave(int index, VcpuEnd? end)
    {
        lock (_gate)
        {
            _vcpus.Remove(index);
            if (end is not null && end.Kind is not (VcpuEndKind.Stopped or VcpuEndKind.Halted))
            {
                // What ends the others is not their own.
                _end ??= Ended(index, end);
            }

            if (_vcpus.Count == 0)
            {
                _isOver = true;
                _events.Enqueue(_end ?? Ended(index, end));
            }

            Monitor.PulseAll(_gate);
        }
    }

    private static StopEvent Ended(int index, VcpuEnd? end) => new(index, end?.Kind == VcpuEndKind.Killed ? end.Signal ?? 0 : 0)
    {
        ExitStatus = end?.Status ?? (end?.Kind == VcpuEndKind.Crashed ? 1 : 0),
    };

    /// <summary>Whether a vCPU has to wait instead of entering the guest.</summary>
    internal bool MustWait(int index)
    {
        lock (_gate)
        {
            return IsHeld(index);
        }
    }

    private bool IsHeld(int index) => !_isDetached && (_isStopped || _going?.Contains(index) == false);

    /// <summary>What a vCPU is to do when it goes on.</summary>
    internal ThreadAction TakeAction(int index)
    {
        lock (_gate)
        {
            return !_isDetached && _actions.Remove(index, out var action) ? action : default;
        }
    }

    // Those of a program that are on their way to where they can wait.
    private void Nudge()
    {
        List<DebuggedVcpu> late;
        lock (_gate)
        {
            if (!_isStopped || _isDetached || Program is null)
            {
                return;
            }

            late = [.. _vcpus.Values.Where(vcpu => !_waiting.Contains(vcpu.Index))];
        }

        foreach (var vcpu in late)
        {
            vcpu.Nudge();
        }
    }

    /// <summary>Keeps a vCPU waiting, and does what is asked of it, until it may go on.</summary>
    internal void Wait(DebuggedVcpu vcpu, VmStopSignal stop)
    {
        while (true)
        {
            Action<DebuggedVcpu> job;
            lock (_gate)
            {
                if (!IsHeld(vcpu.Index) || stop.IsRequested)
                {
                    _waiting.Remove(vcpu.Index);
                    return;
                }

                _waiting.Add(vcpu.Index);

                if (!_jobs.TryPeek(out var next) || next.Vcpu != vcpu.Index)
                {
                    Monitor.Wait(_gate, BetweenLooks);
                    continue;
                }

                job = _jobs.Dequeue().Job;
                Monitor.PulseAll(_gate);
            }

            job(vcpu);
        }
    }

    /// <summary>Stops all vCPUs because of something; of several reasons the first counts.</summary>
    /// <returns>Whether it counts.</returns>
    internal bool Stop(StopEvent reason)
    {
        List<DebuggedVcpu> others;
        lock (_gate)
        {
            if (_isStopped || _isDetached)
            {
                return false;
            }

            (_isStopped, _hasStopped) = (true, true);
            _actions.Clear();
            others = [.. _vcpus.Values.Where(vcpu => vcpu.Index != reason.Vcpu || reason.Signal == StopEvent.Interrupt)];
            _events.Enqueue(reason);
            Monitor.PulseAll(_gate);
        }

        foreach (var vcpu in others)
        {
            vcpu.Kick();
        }

        Nudge();
        return true;
    }
}
