using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vm;

/// <summary>
/// One virtual machine: owns the machine and its memory, and has its vCPUs and what its programs have at the host as children.
/// Its slot takes in one instance after the other, as long as it can be reset in between.
/// Idle → (StartVm) Creating → (all parts ready) Running → (all vCPUs ended) Idle again after a reset, otherwise Ending.
/// Idle → (StartVm, after a reset) Running.
/// Idle → (CancelVm) Cancelled → (StartVm) Ending.
/// What goes wrong on the way becomes the outcome; this actor never fails.
/// </summary>
public sealed class VmActor : ReceiveActor, IWithTimers
{
    private readonly VmSpec _spec;
    private readonly VmServices _services;
    private readonly VmTemplates? _templates;
    private readonly VmStopSignal _stop = new();
    private VmSlot? _slot;
    private VmInstance? _instance;
    private int _awaited;

    /// <summary>Makes the actor; nothing is created before <see cref="StartVm"/>.</summary>
    /// <param name="spec">The VM.</param>
    /// <param name="services">What it needs from outside.</param>
    /// <param name="templates">What its instances start from; null when each starts cold.</param>
    public VmActor(VmSpec spec, VmServices services, VmTemplates? templates = null)
    {
        _spec = spec;
        _services = services;
        _templates = templates;
        Idle();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private static ILoggingAdapter Log => Context.GetLogger();

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop()
    {
        // All children have stopped: no thread runs a vCPU or touches the memory any more.
        if (_slot is not null)
        {
            _slot.Dispose();
            Log.Debug("closed");
        }

        _stop.Dispose();
        Leave();
    }

    // No instance runs: none has yet, or the last one's VM was reset.
    private void Idle()
    {
        On<StartVm>(message =>
        {
            Enter(message);
            if (_slot is null)
            {
                Become(Creating);
                Create(message.ColdReason);
            }
            else
            {
                _instance!.StartsWarm();
                _slot.Queue.Actor.Tell(new OpenGuest(_instance.Console, _instance.Operations));
                Become(Running);
                Run();
            }
        });
        On<CancelVm>(_ => Become(Cancelled));

        // A child that dies now takes the VM with it: the next instance is not for this one.
        On<Terminated>(_ => End());
    }

    // Cancelled before it was started: the answer is still owed.
    private void Cancelled()
    {
        On<StartVm>(message =>
        {
            Enter(message);
            Finish(VmVerdict.Cancelled);
        });
        On<Terminated>(_ => End());
    }

    // The machine is there; its vCPUs and files are on their way.
    private void Creating()
    {
        On<VcpuReady>(_ => RunWhenAllReady());
        On<GuestOpened>(_ =>
        {
            _instance!.IsOpen = true;
            RunWhenAllReady();
        });
        On<VcpuFailed>(failed => Finish(new VmVerdict(VmOutcome.FailedToStart, failed.Message)));
        On<GuestOpenFailed>(failed => Finish(new VmVerdict(VmOutcome.FailedToStart, failed.Message)));
        On<CancelVm>(_ => Finish(VmVerdict.Cancelled, "cancel"));
        On<Terminated>(message => Finish(VmVerdict.DeathOf(message)));
    }

    // The vCPUs are in the guest; what goes wrong stops them, and they report.
    private void Running()
    {
        On<VcpuEnded>(Collect);
        On<DeadlineReached>(_ => EndEarly(VmVerdict.TimedOut(_spec.Timeout), "deadline"));
        On<CancelVm>(_ => EndEarly(VmVerdict.Cancelled, "cancel"));
        On<GuestOpened>(_ => Opened());
        On<GuestOpenFailed>(failed =>
        {
            EndEarly(new VmVerdict(VmOutcome.FailedToStart, failed.Message));
            Opened();
        });
        On<VcpuFailed>(failed => EndEarly(new VmVerdict(VmOutcome.Crashed, failed.Message)));
        On<Terminated>(message =>
        {
            _slot!.Remove(message.ActorRef);
            EndEarly(VmVerdict.DeathOf(message));
            _instance!.IsOpen |= message.ActorRef.Equals(_slot.Queue.Actor);
            FinishWhenAllEnded();
        });
    }

    // The answer is given; children are stopping.
    private void Ending() => ReceiveAny(_ => { });

    private void On<T>(Action<T> handler) => Receive<T>(message =>
    {
        try
        {
            handler(message);
        }
        catch (Exception e)
        {
            if (e is not SystemCallException)
            {
                Log.Error(e, "{0} failed for a reason that nobody foresaw", typeof(T).Name);
            }

            _stop.Request();
            var outcome = _instance?.Ended.Count > 0 ? VmOutcome.Crashed : VmOutcome.FailedToStart;
            Finish(new VmVerdict(outcome, e.Message.ReplaceLineEndings(" ")));
        }
    });

    private void Enter(StartVm message)
    {
        KvmTelemetry.MessageHandled(nameof(StartVm), message.Sent);
        _instance = new VmInstance(message, Sender, _spec, _services);
        KvmTelemetry.VmCreated(_spec.Name);
        Log.Debug("takes in {0}", message.Id);
    }

    private void Leave()
    {
        if (_instance is not null)
        {
            _instance.Span?.Dispose();
            _instance = null;
            KvmTelemetry.VmClosed(_spec.Name);
        }
    }

    private void Create(string? coldReason)
    {
        var instance = _instance!;
        var template = _templates?.Current;
        if (template is { IsBooted: true })
        {
            instance.StartsWarm();
        }
        else
        {
            instance.StartsCold(coldReason ?? _templates?.Problem ?? "no instance had booted when it started");
        }

        void Step(string step) => KvmTelemetry.AddEvent(instance.Span, step);
        var hypervisor = _services.Hypervisor;
        _slot = new VmSlot(template?.CreateVm(hypervisor, Step) ?? VirtualMachine.Create(hypervisor, _spec.Plan, Step), _stop);
        _slot.CreateActors(Context, _spec, _services, template is null ? null : _templates);
        _awaited = _slot.Vcpus.Count + 1;
        _slot.Queue.Actor.Tell(new OpenGuest(instance.Console, instance.Operations));
        foreach (var vcpu in _slot.Vcpus)
        {
            vcpu.Tell(new CreateVcpu(template));
        }

        Log.Debug("created for {0}, {1}", instance.Id, instance.Start);
    }

    private void RunWhenAllReady()
    {
        if (--_awaited == 0)
        {
            KvmTelemetry.AddEvent(_instance!.Span, "vcpus created");
            Become(Running);
            Run();
        }
    }

    private void Run()
    {
        var instance = _instance!;
        var message = new RunVcpu(KvmTelemetry.ParentFor(instance.Span, instance.Parent), instance.Console, instance.Origin);
        foreach (var vcpu in _slot!.Vcpus)
        {
            vcpu.Tell(message);
        }

        Timers.StartSingleTimer(nameof(DeadlineReached), DeadlineReached.Instance, _spec.Timeout);
    }

    private void Collect(VcpuEnded ended)
    {
        KvmTelemetry.MessageHandled(nameof(VcpuEnded), ended.Sent);
        _instance!.Add(ended);
        if (VmVerdict.Of(ended.End) is { } verdict)
        {
            EndEarly(verdict);
        }

        FinishWhenAllEnded();
    }

    private void EndEarly(VmVerdict verdict, string? happened = null)
    {
        if (happened is not null)
        {
            KvmTelemetry.AddEvent(_instance!.Span, happened);
        }

        _instance!.Verdict ??= verdict;
        _stop.Request();
    }

    // Its files are open, or never will be.
    private void Opened()
    {
        _instance!.IsOpen = true;
        FinishWhenAllEnded();
    }

    // A guest without calls can be at its end before its files are open; a gate that is still to be opened would let the next
    // guest in to them.
    private void FinishWhenAllEnded()
    {
        if (_instance!.IsOpen && _instance.Ended.Count == _slot!.Vcpus.Count)
        {
            Finish();
        }
    }

    private void Finish(VmVerdict verdict, string? happened = null)
    {
        if (_instance is null)
        {
            End();
            return;
        }

        EndEarly(verdict, happened);
        Finish();
    }

    // Whatever else fails, the answer is given.
    private void Finish()
    {
        Timers.CancelAll();
        var instance = _instance!;
        var ended = instance.End(_spec, _slot?.Vm, isRecorded: _services.Recording is not null);
        string? problem = null;
        var isFree = IsWorthKeeping(ended.Result.Outcome) && _slot is not null && _slot.TryReset(instance.Ended, out problem);
        Log.Debug("{0} ended: {1}, {2}", instance.Id, ended.Result.Outcome, isFree ? "the VM was reset" : problem ?? "the VM ends");
        if (isFree)
        {
            Leave();
            Become(Idle);
        }
        else
        {
            End();
        }

        instance.Supervisor.Tell(ended with { IsFree = isFree, ResetProblem = problem });
    }

    private void End()
    {
        Become(Ending);
        Context.Stop(Self);
    }

    // Who ends by itself leaves a VM that can be reset. After anything else it is not worth the doubt.
    private static bool IsWorthKeeping(VmOutcome outcome) => outcome is VmOutcome.Exited or VmOutcome.Halted or VmOutcome.Panicked;

    private sealed record DeadlineReached
    {
        public static DeadlineReached Instance { get; } = new();
    }
}
