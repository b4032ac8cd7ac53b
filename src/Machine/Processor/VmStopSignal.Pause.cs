namespace KvmActors.Machine.Processor;

/// <content>Pausing: the guest stands still, its memory is somebody else's meanwhile, and then it goes on.</content>
public sealed partial class VmStopSignal
{
    // Apart from the lock that kicks are sent under: whoever waits here must not keep anybody from ending the VM.
    private readonly object _pause = new();
    private int _running;
    private int _standing;
    private Action? _paused;
    private volatile bool _isPausing;
    private volatile bool _needsAttention;

    /// <summary>Whether a vCPU that is about to enter the guest has to ask first, whether it is to stop or <see cref="AwaitResume"/>.</summary>
    public bool NeedsAttention => _needsAttention;

    /// <summary>Has all vCPUs stand still. Those that wait outside the guest do so already.</summary>
    /// <param name="paused">Called once, on any thread, when all of them do; never when the VM is stopped before.</param>
    public void Pause(Action paused)
    {
        lock (_pause)
        {
            _paused = paused;
            _isPausing = _needsAttention = true;
        }

        lock (_gate)
        {
            foreach (var vcpu in _vcpus)
            {
                vcpu.Kick();
            }
        }

        TellPaused();
    }

    /// <summary>Lets them go on.</summary>
    public void Resume() => EndPause();

    /// <summary>A vCPU's thread begins to run its guest.</summary>
    internal void BeginRun()
    {
        lock (_pause)
        {
            _running++;
        }
    }

    /// <summary>It has ended.</summary>
    internal void EndRun()
    {
        lock (_pause)
        {
            _running--;
        }

        TellPaused();
    }

    /// <summary>A vCPU's thread waits outside the guest, and touches nothing of it before <see cref="EndWait"/>.</summary>
    public void BeginWait()
    {
        lock (_pause)
        {
            _standing++;
        }

        TellPaused();
    }

    /// <summary>The wait is over; where the VM is paused, when that is over.</summary>
    public void EndWait()
    {
        lock (_pause)
        {
            while (_isPausing && !_requested)
            {
                Monitor.Wait(_pause);
            }

            _standing--;
        }
    }

    /// <summary>Stands still until the VM is to go on, or to stop. On a vCPU's thread.</summary>
    public void AwaitResume()
    {
        if (_isPausing)
        {
            BeginWait();
            EndWait();
        }
    }

    private void EndPause()
    {
        lock (_pause)
        {
            _isPausing = false;
            _needsAttention = _requested;
            _paused = null;
            Monitor.PulseAll(_pause);
        }
    }

    private void TellPaused()
    {
        Action? paused = null;
        lock (_pause)
        {
            if (_isPausing && _standing >= _running)
            {
                (paused, _paused) = (_paused, null);
            }
        }

        paused?.Invoke();
    }
}
