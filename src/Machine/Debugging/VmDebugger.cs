using System.Diagnostics;

namespace KvmActors.Machine.Debugging;

/// <summary>
/// A debugger's hold on one VM: its vCPUs stop together and go on together (all-stop). They wait in the host from before their first
/// instruction until the debugger lets them go. What is asked of a vCPU is done on its own thread. Any thread.
/// </summary>
/// <param name="vm">The instance.</param>
/// <param name="stepsRing3">Whether KVM steps in ring 3.</param>
/// <param name="awaitsProgram">
/// Whether what is debugged is a program under the guest's kernel: its vCPUs then run until that has begun one, and are its threads.
/// </param>
public sealed partial class VmDebugger(string vm, bool stepsRing3, bool awaitsProgram = false)
{
    // How often a vCPU that waits looks whether its VM is to end.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    // A vCPU that the host keeps busy with a call of its guest's cannot answer meanwhile.
    private static readonly TimeSpan BetweenNudges = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly SortedDictionary<int, DebuggedVcpu> _vcpus = [];
    private readonly Queue<StopEvent> _events = [];
    private readonly Queue<(int Vcpu, Action<DebuggedVcpu> Job)> _jobs = [];
    private readonly Dictionary<int, ThreadAction> _actions = [];
    private readonly HashSet<int> _waiting = [];
    private HashSet<int>? _going;
    private StopEvent? _end;
    private int _entered;
    private bool _isStopped = !awaitsProgram, _isDetached, _isOver, _hasStopped;
    private volatile IDebuggedProgram? _program;

    /// <summary>The instance.</summary>
    public string Vm => vm;

    /// <summary>Whether KVM steps in ring 3.</summary>
    public bool StepsRing3 => stepsRing3;

    /// <summary>The program, whose threads the vCPUs are; null for a bare guest, and as long as there is none.</summary>
    public IDebuggedProgram? Program
    {
        get => _program;
        internal set => _program = value;
    }

    /// <summary>Whether the debugger has let go.</summary>
    public bool IsDetached
    {
        get
        {
            lock (_gate)
            {
                return _isDetached;
            }
        }
    }

    /// <summary>Ends the VM, when the debugger wants that; set by whoever runs it.</summary>
    public Action? Kill { get; set; }

    /// <summary>The numbers of the vCPUs that are there, ascending.</summary>
    public IReadOnlyList<int> Vcpus
    {
        get
        {
            lock (_gate)
            {
                return [.. _vcpus.Keys];
            }
        }
    }

    /// <summary>The breakpoints, once there is memory.</summary>
    internal Breakpoints? Breakpoints { get; private set; }

    /// <summary>The watchpoints, of a VM in software; once there is a vCPU.</summary>
    internal Watchpoints? Watchpoints { get; private set; }

    /// <summary>Waits for the next stop, or the VM's end.</summary>
    /// <param name="time">How long at the most.</param>
    /// <returns>Null when nothing happened.</returns>
    public StopEvent? NextEvent(TimeSpan time)
    {
        Nudge();
        lock (_gate)
        {
            if (_events.Count == 0)
            {
                Monitor.Wait(_gate, time);
            }

            return _events.TryDequeue(out var stop) ? stop : null;
        }
    }

    /// <summary>Waits until all vCPUs are there and none runs.</summary>
    /// <param name="count">How many there are to be.</param>
    /// <param name="time">How long at the most.</param>
    /// <returns>Whether they are.</returns>
    public bool WaitForVcpus(int count, TimeSpan time)
    {
        lock (_gate)
        {
            var since = Stopwatch.GetTimestamp();
            while (!IsReady(count) && Stopwatch.GetElapsedTime(since) < time)
            {
                Monitor.Wait(_gate, BetweenLooks);
            }

            return IsReady(count);
        }
    }

    private bool IsReady(int count) => awaitsProgram ? _hasStopped || _isOver : _entered >= count;

    /// <summary>Has something done on a vCPU's thread, while all are stopped.</summary>
    /// <returns>False when that vCPU is gone, or does not answer.</returns>
    internal bool Ask(int index, Action<DebuggedVcpu> job)
    {
        // Not disposed here: a vCPU that answers too late still sets it.
        var done = new ManualResetEventSlim();
        Exception? failure = null;
        void Answer(DebuggedVcpu vcpu)
        {
            try
            {
                job(vcpu);
            }
            catch (Exception e)
            {
                failure = e;
            }

            done.Set();
        }

        lock (_gate)
        {
            if (!_isStopped || !_vcpus.ContainsKey(index))
            {
                return false;
            }

            _jobs.Enqueue((index, Answer));
            Monitor.PulseAll(_gate);
        }

        var since = Stopwatch.GetTimestamp();
        while (!done.Wait(BetweenNudges) && Stopwatch.GetElapsedTime(since) < Patience)
        {
            Nudge();
        }

        return done.IsSet && failure is null;
    }

    /// <summary>Lets vCPUs go on.</summary>
    /// <param name="steps">Those that are to execute one instruction, upon which all stop again; all others go on, too.</param>
    public void Resume(IEnumerable<int> steps) => Resume(steps.ToDictionary(vcpu => vcpu, _ => new ThreadAction(Steps: true)), areAll: true);

    /// <summary>Lets vCPUs go on.</summary>
    /// <param name="actions">What they are to do.</param>
    /// <param name="areAll">Whether others go on, too.</param>
    public void Resume(IReadOnlyDictionary<int, ThreadAction> actions, bool areAll)
    {
        ArgumentNullException.ThrowIfNull(actions);
        lock (_gate)
        {
            _actions.Clear();
            foreach (var (vcpu, action) in actions)
            {
                _actions[vcpu] = action;
            }

            _going = areAll ? null : [.. actions.Keys];
            _isStopped = false;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Stops all vCPUs, as Ctrl-C does.</summary>
    public void Interrupt()
    {
        int? first;
        lock (_gate)
        {
            first = _vcpus.Count == 0 ? null : _vcpus.Keys.Where(index => Program?.FindThread(index) is not null).Append(_vcpus.Keys.First()).First();
        }

        if (first is { } index)
        {
            Stop(new StopEvent(index, StopEvent.Interrupt));
        }
    }

    /// <summary>Lets go of the VM: it runs on without a debugger.</summary>
    public void Detach()
    {
        lock (_gate)
        {
            _isDetached = true;
            Breakpoints?.Clear();
            Watchpoints?.Clear();
        }

        Resume([]);
    }
}
