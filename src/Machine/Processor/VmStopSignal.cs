using System.Diagnostics;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>
/// Tells all vCPUs of a VM to stop or to pause, from any thread: those in KVM_RUN are kicked, those not yet there never enter.
/// </summary>
public sealed partial class VmStopSignal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<IVcpu> _vcpus = [];
    private CancellationTokenSource _cancellation = new();
    private EventFd? _alarm;
    private volatile bool _requested;
    private volatile bool _closesVm;
    private long _requestedAt;

    /// <summary>Whether the vCPUs have to stop.</summary>
    public bool IsRequested => _requested;

    /// <summary>Whether the VM is not used again when they have: its vCPUs need not be made ready for another guest.</summary>
    public bool ClosesVm => _closesVm;

    /// <summary>When the vCPUs were first told to stop, in <see cref="Stopwatch"/> ticks; 0 when they were not.</summary>
    public long RequestedAt => Volatile.Read(ref _requestedAt);

    /// <summary>Cancelled by <see cref="Request"/>, for waits outside KVM_RUN.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Adds a vCPU that is to be kicked.</summary>
    public void Attach(IVcpu vcpu)
    {
        lock (_gate)
        {
            _vcpus.Add(vcpu);
        }
    }

    /// <summary>Forgets that the vCPUs had to stop. Call while none runs and nobody waits.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            lock (_pause)
            {
                // A pause was the last guest's, too.
                _requested = _isPausing = _needsAttention = false;
                _paused = null;
            }

            _closesVm = false;
            _ = _alarm?.Take();
            if (!_cancellation.TryReset())
            {
                _cancellation.Dispose();
                _cancellation = new CancellationTokenSource();
            }
        }
    }

    /// <summary>Stops all vCPUs; more than once does no harm.</summary>
    /// <param name="closesVm">Whether the VM is not used again.</param>
    public void Request(bool closesVm = false)
    {
        lock (_gate)
        {
            _closesVm |= closesVm;
            if (!_requested)
            {
                Volatile.Write(ref _requestedAt, Stopwatch.GetTimestamp());
            }

            // Before the kicks: a vCPU reads it after it has noticed one.
            // Not between the two halves of a pause's end, either, which would take the second one back.
            lock (_pause)
            {
                _requested = _needsAttention = true;
            }

            foreach (var vcpu in _vcpus)
            {
                vcpu.Kick();
            }

            _alarm?.Signal();
        }

        EndPause();
        _cancellation.Cancel();
    }

    /// <summary>Parks the calling vCPU's thread, which alone may block, until a wait is over or the vCPUs have to stop.</summary>
    /// <param name="wait">What it waits for.</param>
    /// <param name="alarm">What ends the wait besides, unless it slows the guest down; null for nothing.</param>
    /// <returns>False when the vCPUs have to stop.</returns>
    public bool Park(in VcpuWait wait, VcpuAlarm? alarm = null)
    {
        BeginWait();
        try
        {
            return ParkUntilWoken(wait, alarm);
        }
        finally
        {
            EndWait();
        }
    }

    private bool ParkUntilWoken(in VcpuWait wait, VcpuAlarm? alarm)
    {
        var stopped = GetAlarm();
        var woken = wait.IsThrottle ? null : alarm?.GetSignal();

        // The host's wait may end early: the kick is a signal. Nobody takes the alarm back, so it wakes every thread that waits.
        var started = Stopwatch.GetTimestamp();
        while (!_requested)
        {
            var left = wait.Nanoseconds < 0 ? -1 : wait.Nanoseconds - (long)Stopwatch.GetElapsedTime(started).TotalNanoseconds;
            _ = woken?.Take();
            if ((wait.Nanoseconds >= 0 && left <= 0) || (wait.ForInput && HostInput.IsReady()) || (woken is not null && alarm!.Take()))
            {
                return true;
            }

            if (wait.ForInput)
            {
                HostInput.Wait(stopped, left, woken);
            }
            else
            {
                stopped.Wait(left, woken);
            }
        }

        return false;
    }

    private EventFd GetAlarm()
    {
        lock (_gate)
        {
            return _alarm ??= EventFd.Create();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _alarm?.Dispose();
        _cancellation.Dispose();
    }
}
