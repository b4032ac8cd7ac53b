using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// Runs every instance of a scenario, so many at once as it allows. Each runs in a slot, which is a <see cref="VmActor"/>; a slot
/// is free when its actor is gone, and with it its descriptors and memory, or when its VM was reset and takes in the next
/// instance of its kind. An instance that failed is started again when its policy says so.
/// Idle → (RunScenario) Running → (the last slot gone, or CancelScenario and then that) Idle.
/// Running → (a failure of its own) Failing → (the last slot gone) Idle.
/// Whoever asked gets an answer, whatever happens.
/// </summary>
public sealed class ScenarioActor : ReceiveActor, IWithTimers
{
    // Longer than a kernel boots; what is no such kernel costs its scenario this much, once.
    private static readonly TimeSpan LongestBoot = TimeSpan.FromMilliseconds(250);

    private readonly VmServices _services;
    private readonly WarmStarts _warmStarts;
    private ScenarioRun? _run;

    /// <summary>Makes the actor; nothing runs before <see cref="RunScenario"/>.</summary>
    public ScenarioActor(VmServices services)
    {
        _services = services;
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
    }

    private void Idle()
    {
        On<RunScenario>(message =>
        {
            _run = new ScenarioRun(message.Spec, Sender, _services);
            _services.Progress?.Begin(_run.Waiting.Count);
            Log.Debug("runs {0}: {1} instances", message.Spec.Name, _run.Waiting.Count);
            Become(Running);
            StartMore(_run);
        });
        On<CancelScenario>(_ => { });
        On<Booted>(_ => { });
    }

    private void Running()
    {
        var run = _run!;
        On<RunScenario>(_ => Sender.Tell(Busy(run)));
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
        On<CancelScenario>(_ =>
        {
            run.IsCancelled = true;
            DropWaiting(run);
            foreach (var slot in run.Slots.Keys)
            {
                slot.Tell(CancelVm.Instance);
            }

            StartMore(run);
        });
    }

    // Something failed that nobody foresaw, once: every VM ends, and what is known is told.
    private void Failing()
    {
        var run = _run!;
        Receive<RunScenario>(_ => Sender.Tell(Busy(run)));
        Receive<VmEnded>(message =>
        {
            run.Add(run.Slots[Sender], message.Result);
            Context.Stop(Sender);
        });
        Receive<Terminated>(message =>
        {
            run.Slots.Remove(message.ActorRef);
            FinishIfOver(run);
        });
        ReceiveAny(_ => { });
    }

    private void On<T>(Action<T> handler) => Receive<T>(message =>
    {
        try
        {
            handler(message);
        }
        catch (Exception e)
        {
            Log.Error(e, "{0} failed for a reason that nobody foresaw", typeof(T).Name);
            Fail($"the scenario could not go on: {e.Message.ReplaceLineEndings(" ")}");
        }
    });

    private void Fail(string problem)
    {
        if (_run is not { } run)
        {
            Sender.Tell(new ScenarioEnded(ScenarioResult.Failed(problem)));
            return;
        }

        run.Problem = problem;
        DropWaiting(run);
        Become(Failing);
        foreach (var slot in run.Slots.Keys)
        {
            // One that has told its result has nothing to cancel.
            slot.Tell(run.Settled.Contains(slot) ? PoisonPill.Instance : CancelVm.Instance);
        }

        FinishIfOver(run);
    }

    private void StartMore(ScenarioRun run)
    {
        while (run.Slots.Count < run.Spec.MaxConcurrency && run.Waiting.TryPeek(out var next) && !_warmStarts.MustWait(next.Spec))
        {
            var instance = run.Waiting.Dequeue();
            var (spec, services, templates) = (instance.Spec, _services, _warmStarts.TemplatesOf(instance.Spec));
            var slot = Context.Watch(Context.ActorOf(Props.Create(() => new VmActor(spec, services, templates)), $"slot-{run.SlotsMade++}"));
            Start(run, slot, instance);
            if (_warmStarts.IsFirst(spec))
            {
                Timers.StartSingleTimer(nameof(Booted), new Booted(spec), LongestBoot);
            }
        }

        FinishIfOver(run);
    }

    private void Start(ScenarioRun run, IActorRef slot, ScenarioInstance instance)
    {
        run.Slots[slot] = instance;
        run.Settled.Remove(slot);
        _services.Progress?.VmStarted();
        slot.Tell(new StartVm(instance.Id, run.Span?.Context ?? default)
        {
            Restarts = instance.Restarts,
            FailedRun = instance.LastSpan,
            Origin = run.Started,
            ColdReason = _warmStarts.ColdReasonOf(instance.Spec),
        });
    }

    private void Settle(ScenarioRun run, VmEnded message)
    {
        var instance = run.Slots[Sender];
        instance.LastSpan = message.Span;
        run.Add(instance, message.Statistics);
        if (message.Recording is { } recording)
        {
            run.Recording?.Add(message.Result, recording);
        }

        run.Settled.Add(Sender);
        Settle(run, instance, message.Result);
        if (message.ResetProblem is { } problem)
        {
            _warmStarts.ResetFailed(instance.Spec, problem);
        }

        if (message.IsFree)
        {
            Reuse(run, Sender, instance.Spec);
        }

        Release(run, instance.Spec);
    }

    // This is its instance's one and only result of this run.
    private void Settle(ScenarioRun run, ScenarioInstance instance, VmResult result)
    {
        run.Add(instance, result);
        var policy = instance.Spec.Restart;
        if (run.IsCancelled || !policy.Wants(result.IsSuccess, result.Outcome, instance.Restarts))
        {
            _services.Progress?.VmEnded(result.IsSuccess);
            return;
        }

        instance.Restarts++;
        KvmTelemetry.VmRestarted(instance.Spec.Name);
        _services.Progress?.VmWaitsAgain();
        run.Resting.Add(instance.Order, instance);
        Timers.StartSingleTimer(instance, new RestartVm(instance.Order), policy.Backoff);
    }

    // Instances of one kind follow each other, so the next one waiting is the only one that matters.
    private void Reuse(ScenarioRun run, IActorRef slot, VmSpec spec)
    {
        if (run.Waiting.TryPeek(out var next) && ReferenceEquals(next.Spec, spec))
        {
            Start(run, slot, run.Waiting.Dequeue());
        }
        else
        {
            Context.Stop(slot);
        }
    }

    private void Lose(ScenarioRun run, IActorRef slot)
    {
        if (!run.Slots.Remove(slot, out var instance))
        {
            return;
        }

        if (!run.Settled.Remove(slot))
        {
            Settle(run, instance, instance.ResultOfDeath());
        }

        _warmStarts.Release(instance.Spec);
    }

    private void Release(ScenarioRun run, VmSpec spec)
    {
        if (_warmStarts.Release(spec))
        {
            Timers.Cancel(nameof(Booted));
            StartMore(run);
        }
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
        // Every slot is gone, and so is whoever could start from a template.
        if (run.IsOver && _run is not null)
        {
            _warmStarts.Dispose();
            _run = null;
            Timers.CancelAll();
            Become(Idle);
            Report(run);
        }
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

        run.Span?.Dispose();
        Log.Debug("{0} ended", run.Spec.Name);
        run.Asker.Tell(new ScenarioEnded(result));
    }

    private static ScenarioEnded Busy(ScenarioRun run) => new(ScenarioResult.Failed($"the scenario {run.Spec.Name} is still running"));

    /// <summary>A kernel has booted, or has had its time for it.</summary>
    private sealed record Booted(VmSpec Spec);

    /// <summary>Time to start a VM again.</summary>
    private sealed record RestartVm(int Order);
}
