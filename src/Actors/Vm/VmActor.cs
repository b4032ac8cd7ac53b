using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vm;

/// <summary>
/// One virtual machine: owns the machine and its memory, and has its vCPUs and what its programs have at the host as children.
/// Its slot takes in one instance after the other, as long as it can be reset in between.
/// Idle → (StartVm) Creating → (all parts ready) Running → (all vCPUs ended) Idle again after a reset, otherwise Ending.
/// Idle → (StartVm, after a reset) Running.
/// Idle → (PrepareVm) Preparing → (all vCPUs ready) Idle, with a machine.
/// Idle → (CancelVm) Cancelled → (StartVm) Ending.
/// What goes wrong on the way becomes the outcome; this actor never fails.
/// </summary>
public sealed partial class VmActor : ReceiveActor, IWithTimers
{
    /// <summary>The name of the dispatcher that these actors, and all but their vCPUs, share the threads of.</summary>
    internal const string Dispatcher = "vm-dispatcher";

    // A kick ends a system call that waits, but not one that is only about to: that one ends at the next.
    private static readonly TimeSpan BetweenKicks = TimeSpan.FromMilliseconds(10);

    private readonly VmSpec _spec;
    private readonly VmServices _services;
    private readonly VmTemplates? _templates;
    private readonly Func<ThreadSandbox>? _sandbox;
    private readonly VmStopSignal _stop = new();
    private VmSlot? _slot;
    private VmInstance? _instance;
    private int _awaited;

    /// <summary>Makes the actor; nothing is created before <see cref="StartVm"/>.</summary>
    /// <param name="spec">The VM.</param>
    /// <param name="services">What it needs from outside.</param>
    /// <param name="templates">What its instances start from; null when each starts cold.</param>
    /// <param name="sandbox">What its vCPUs' threads are confined with, the caller's to dispose; null for nothing.</param>
    public VmActor(VmSpec spec, VmServices services, VmTemplates? templates = null, Func<ThreadSandbox>? sandbox = null)
    {
        services.Faults?.Check(nameof(VmActor));
        _spec = spec;
        _services = services;
        _templates = templates;
        _sandbox = sandbox;
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
                _slot.Queue.Actor.Tell(OpenFor(_instance));
                Become(Running);
                Run();
            }
        });
        On<PrepareVm>(_ =>
        {
            Become(Preparing);
            Prepare();
        });
        On<CancelVm>(_ =>
        {
            if (_slot is null)
            {
                Become(Cancelled);
            }
            else
            {
                End();
            }
        });

        // A child that dies now takes the VM with it: the next instance is not for this one.
        On<Terminated>(_ => End());
    }

    // The machine is made for an instance that is to come.
    private void Preparing()
    {
        On<VcpuReady>(_ =>
        {
            if (--_awaited == 0)
            {
                Become(Idle);
                Context.Parent.Tell(VmPrepared.Instance);
            }
        });
        On<VcpuFailed>(failed =>
        {
            Log.Warning("a VM could not be prepared: {0}", failed.Message);
            End();
        });
        On<CancelVm>(_ => End());
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
        On<BringVcpu>(message => Bring(message.Index));
        On<VcpuReady>(_ => Sender.Tell(_instance!.Run!));
        On<DeadlineReached>(_ => EndEarly(VmVerdict.TimedOut(_instance!.Own?.Timeout ?? _spec.Timeout), "deadline"));
        On<PauseVm>(message =>
        {
            var memory = _slot!.Vm.Memory;
            _stop.Pause(() => message.Paused(memory));
        });
        On<ResumeVm>(_ => _stop.Resume());
        On<LookAtUse>(_ => Look());
        On<CancelVm>(_ => EndEarly(VmVerdict.Cancelled, "cancel"));
        On<GuestOpened>(_ => Opened());
        On<GuestOpenFailed>(failed =>
        {
            EndEarly(new VmVerdict(VmOutcome.FailedToStart, failed.Message));
            Opened();
        });
        On<VcpuFailed>(failed =>
        {
            if (Sender.Equals(_slot!.FindStarted(failed.Index)))
            {
                RefuseVcpu(failed);
            }
            else
            {
                Lose(Sender, new VmVerdict(VmOutcome.Crashed, failed.Message));
            }
        });
        On<Terminated>(message => Lose(message.ActorRef, VmVerdict.DeathOf(message)));
        On<GraceOver>(_ => GiveUp());
        On<KickAgain>(_ => _stop.Request());
    }

    // The answer is given; children are stopping.
    private void Ending() => ReceiveAny(_ => { });

    private void On<T>(Action<T> handler) => Receive<T>(message =>
    {
        try
        {
            _services.Faults?.Check(nameof(VmActor), typeof(T).Name);
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

    private sealed record KickAgain
    {
        public static KickAgain Instance { get; } = new();
    }

    private sealed record GraceOver
    {
        public static GraceOver Instance { get; } = new();
    }

    private sealed record DeadlineReached
    {
        public static DeadlineReached Instance { get; } = new();
    }
}
