using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// Runs every instance of a scenario, so many at once as it allows and as there is memory and threads for. Each runs in a slot, which is a
/// <see cref="VmActor"/>; a slot is free when its actor is gone, and with it its descriptors and memory, or when its VM was reset
/// and takes in the next instance of its kind. An instance is started again when its policy says so.
/// Idle → (RunScenario) Running → (the last slot gone) Idle.
/// Running → (CancelScenario, or a failure of its own) Ending → (the last slot gone) Idle.
/// Ending → (CancelScenario again, the grace is over, or another failure) Overdue, the answer given → (the last slot gone) Idle.
/// Whoever asked gets an answer, whatever happens.
/// </summary>
public sealed partial class ScenarioActor : ReceiveActor, IWithTimers
{
    private readonly VmServices _services;
    private readonly WarmStarts _warmStarts;
    private readonly StartGuard _guard;
    private readonly Sandboxes _sandboxes;

    // Slots whose VM has been reported without having ended.
    private readonly Dictionary<IActorRef, VmSpec> _overdue = [];
    private ScenarioRun? _run;
    private long _slotsMade;

    /// <summary>Makes the actor; nothing runs before <see cref="RunScenario"/>.</summary>
    public ScenarioActor(VmServices services)
    {
        services.Faults?.Check(nameof(ScenarioActor));
        _services = services;
        _guard = services.Guard ?? new StartGuard(services.Memory, services.Threads);
        _sandboxes = new Sandboxes(services);
        var self = Self;
        _warmStarts = new WarmStarts(services, spec => self.Tell(new Booted(spec), ActorRefs.NoSender));
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
        if (_run is not null)
        {
            _run.Problem ??= "the scenario's actor was stopped";
            Report(_run);
        }

        _warmStarts.Dispose();
        _sandboxes.Dispose();
    }

    private void Idle()
    {
        On<RunScenario>(message =>
        {
            _run = new ScenarioRun(message.Spec, Sender, _services);
            if (_services.Guard is null)
            {
                _guard.Begin();
            }

            _services.Progress?.Begin(_run.Waiting.Count);
            Log.Debug("runs {0}: {1} instances", message.Spec.Name, _run.Waiting.Count);
            Become(Running);
            StartMore(_run);
        });
        ReceiveAny(_ => { });
    }

    private void Running()
    {
        var run = _run!;
        On<RunScenario>(_ => Sender.Tell(Busy(run.Spec.Name)));
        On<VmEnded>(message => Settle(run, message));
        On<Terminated>(message =>
        {
            Lose(run, message.ActorRef);
            StartMore(run);
        });
        On<Booted>(message => Release(run, message.Spec));
        On<RestartVm>(message =>
        {
            if (run.Resting.Remove(message.Order, out var instance))
            {
                run.Waiting.Enqueue(instance);
                StartMore(run);
            }
        });
        On<LookAgain>(_ => StartMore(run));
        On<CancelScenario>(_ =>
        {
            run.IsCancelled = true;
            EndAll(run);
        });
    }

    // Nothing is started any more; what runs has been told to end, and what is known is told when it has.
    private void Ending()
    {
        var run = _run!;
        On<RunScenario>(_ => Sender.Tell(Busy(run.Spec.Name)));
        On<VmEnded>(message => Settle(run, message));
        On<Terminated>(message =>
        {
            Lose(run, message.ActorRef);
            FinishIfOver(run);
        });
        On<CancelScenario>(_ =>
        {
            run.IsCancelled = true;
            GiveUp(run, "was not waited for: the scenario was cancelled twice");
        });
        On<GraceOver>(_ => GiveUp(run, $"did not end within {run.Spec.ShutdownGrace.TotalSeconds:0.###} s of being told to"));
        ReceiveAny(_ => { });
    }

    // The answer has been given without them.
    private void Overdue()
    {
        On<RunScenario>(_ => Sender.Tell(new ScenarioEnded(ScenarioResult.Failed("VMs of the scenario before have not ended yet"))));
        On<Terminated>(message =>
        {
            Forget(message.ActorRef);
            if (_overdue.Count == 0)
            {
                _warmStarts.Dispose();
                _sandboxes.Dispose();
                Become(Idle);
            }
        });
        ReceiveAny(_ => { });
    }

    private void On<T>(Action<T> handler) => Receive<T>(message =>
    {
        try
        {
            _services.Faults?.Check(nameof(ScenarioActor), typeof(T).Name);
            handler(message);
        }
        catch (Exception e)
        {
            Log.Error(e, "{0} failed for a reason that nobody foresaw", typeof(T).Name);
            if (message is Terminated dead && _run is { } run)
            {
                // Nobody tells of that death again.
                Lose(run, dead.ActorRef);
            }

            Fail($"the scenario could not go on: {e.Message.ReplaceLineEndings(" ")}");
        }
    });

    // The first failure ends every VM; after another one nobody is waited for.
    private void Fail(string problem)
    {
        if (_run is not { } run)
        {
            Sender.Tell(new ScenarioEnded(ScenarioResult.Failed(problem)));
        }
        else if (run.Problem is null)
        {
            run.Problem = problem;
            EndAll(run);
        }
        else
        {
            GiveUp(run, $"was not waited for: {problem}");
        }
    }

    private void EndAll(ScenarioRun run)
    {
        DropWaiting(run);
        Become(Ending);

        // Before any VM's, which is as long: the first to be over says why.
        Timers.StartSingleTimer(nameof(GraceOver), GraceOver.Instance, run.Spec.ShutdownGrace);

        // A slot whose actor is gone is no child any more; what it told last, and word of its death, are on their way.
        foreach (var child in Context.GetChildren().ToList())
        {
            // One that has told its result, or was never asked for one, has nothing to cancel.
            if (run.Slots.ContainsKey(child) && !run.Settled.Contains(child))
            {
                child.Tell(CancelVm.Instance);
            }
            else
            {
                Context.Stop(child);
            }
        }

        FinishIfOver(run);
    }

    private void GiveUp(ScenarioRun run, string why)
    {
        foreach (var (slot, instance) in run.Slots)
        {
            if (!run.Settled.Contains(slot))
            {
                run.Add(instance, instance.ResultOf(VmOutcome.Cancelled, why));
                _services.Progress?.VmEnded(success: false);
                Log.Warning("{0} {1}", instance.Id, why);
            }

            Abandon(slot, instance.Spec);
        }

        run.Slots.Clear();
        run.Settled.Clear();
        FinishIfOver(run);
    }

    private void DropWaiting(ScenarioRun run)
    {
        run.Waiting.Clear();
        run.Resting.Clear();
        Timers.CancelAll();
        _services.Progress?.DropWaiting();
    }

    private void FinishIfOver(ScenarioRun run)
    {
        if (!run.IsOver || _run is null)
        {
            return;
        }

        _run = null;
        Timers.CancelAll();
        run.LeftBehind = _overdue.Count;
        if (_overdue.Count > 0)
        {
            Become(Overdue);
        }
        else
        {
            // Every slot is gone, and so is whoever could start from a template.
            _warmStarts.Dispose();
            _sandboxes.Dispose();
            Become(Idle);
        }

        Report(run);
    }

    private static void Report(ScenarioRun run)
    {
        ScenarioResult result;
        try
        {
            result = run.ToResult();
        }
        catch (Exception e)
        {
            Log.Error(e, "the result could not be made");
            result = ScenarioResult.Failed(e.Message.ReplaceLineEndings(" "));
        }

        if (!result.IsSuccess)
        {
            var type = result.Problem is not null ? "problem" : result.WasCancelled ? "cancelled" : "vm";
            KvmTelemetry.SetError(run.Span, type, result.Problem ?? (result.WasCancelled ? "interrupted" : "some VMs did not end as wanted"));
        }

        run.Span?.Dispose();
        Log.Debug("{0} ended", run.Spec.Name);
        run.Asker.Tell(new ScenarioEnded(result));
    }

    private static ScenarioEnded Busy(string scenario) => new(ScenarioResult.Failed($"the scenario {scenario} is still running"));

    /// <summary>A kernel has booted, or has had its time for it.</summary>
    private sealed record Booted(VmSpec Spec);

    /// <summary>Time to start a VM again.</summary>
    private sealed record RestartVm(int Order);

    /// <summary>Time to see whether there is room now.</summary>
    private sealed record LookAgain
    {
        public static LookAgain Instance { get; } = new();
    }

    /// <summary>VMs that were told to end have had their time for it.</summary>
    private sealed record GraceOver
    {
        public static GraceOver Instance { get; } = new();
    }
}
