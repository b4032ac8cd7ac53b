using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <content>Slots: which instance goes where and when, and what becomes of it after.</content>
public sealed partial class ScenarioActor
{
    // Longer than a kernel boots; what is no such kernel costs its scenario this much, once.
    private static readonly TimeSpan LongestBoot = TimeSpan.FromMilliseconds(250);

    // Memory and threads are also given back by others than our VMs, who tell nobody.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private void StartMore(ScenarioRun run)
    {
        while (run.Slots.Count < run.Spec.MaxConcurrency && run.Waiting.TryPeek(out var next) && !_warmStarts.MustWait(next.Spec))
        {
            var shortage = _guard.FindShortage(next.Spec, run.Spec.OvercommitsMemory);
            if (shortage is null)
            {
                Start(run, run.Waiting.Dequeue());
            }
            else if (run.Slots.Count == 0)
            {
                // Nobody's end would give it more.
                Refuse(run, run.Waiting.Dequeue(), shortage);
            }
            else
            {
                Delay(run, next, shortage);
                break;
            }
        }

        FinishIfOver(run);
    }

    private void Start(ScenarioRun run, ScenarioInstance instance)
    {
        var (spec, services) = (instance.Spec, _services);
        IActorRef slot;
        try
        {
            services.Faults?.Check(nameof(ScenarioActor), nameof(VmActor));
            var templates = _warmStarts.TemplatesOf(spec);
            var sandbox = _sandboxes.Of(spec);
            var props = Props.Create(() => new VmActor(spec, services, templates, sandbox)).WithDispatcher(VmActor.Dispatcher);
            slot = Context.Watch(Context.ActorOf(props, $"slot-{_slotsMade++}"));
        }
        catch (Exception e)
        {
            Log.Error(e, "there is no actor for {0}", instance.Id);
            Refuse(run, instance, e.Message.ReplaceLineEndings(" "));
            return;
        }

        _guard.Take(spec);
        Start(run, slot, instance);
        if (_warmStarts.IsFirst(spec) && services.FindHypervisor(spec.Backend) is not { IsRepeatable: true })
        {
            // Where every run is to be the same they wait for its boot, or its end, however long it takes.
            Timers.StartSingleTimer(nameof(Booted), new Booted(spec), LongestBoot);
        }
    }

    private void Start(ScenarioRun run, IActorRef slot, ScenarioInstance instance)
    {
        run.Slots[slot] = instance;
        run.Settled.Remove(slot);
        _services.Progress?.VmStarted();
        slot.Tell(new StartVm(instance.Id, run.Span?.Context ?? default)
        {
            Variant = instance.Variant,
            Restarts = instance.Restarts,
            RunBefore = instance.LastSpan,
            Origin = run.Started,
            ShutdownGrace = run.Spec.ShutdownGrace,
            ColdReason = _warmStarts.ColdReasonOf(instance.Spec),
        });
    }

    // It never runs, and says why.
    private void Refuse(ScenarioRun run, ScenarioInstance instance, string why)
    {
        _services.Progress?.VmStarted();
        Settle(run, instance, instance.ResultOf(VmOutcome.FailedToStart, why));
    }

    private void Delay(ScenarioRun run, ScenarioInstance instance, string shortage)
    {
        if (run.DelayedStarts == 0)
        {
            Log.Warning("{0} waits until others have ended: {1}", instance.Id, shortage);
        }

        run.DelayedStarts += instance.IsDelayed ? 0 : 1;
        instance.IsDelayed = true;
        Timers.StartSingleTimer(nameof(LookAgain), LookAgain.Instance, BetweenLooks);
    }

    private void Settle(ScenarioRun run, VmEnded message)
    {
        // It may come from a slot that has been reported without it.
        if (!run.Slots.TryGetValue(Sender, out var instance))
        {
            return;
        }

        instance.LastSpan = message.Span;
        run.Settled.Add(Sender);
        run.Add(instance, message.Result);
        run.Add(instance, message.Statistics);
        if (message.Recording is { } recording)
        {
            run.Recording?.Add(message.Result, recording);
        }

        Settle(run, instance, message.Result);
        if (message.ResetProblem is { } problem)
        {
            _warmStarts.ResetFailed(instance.Spec, problem);
        }

        if (message.IsFree)
        {
            Reuse(run, Sender, instance.Spec);
        }
        else if (message.IsStuck)
        {
            run.Slots.Remove(Sender);
            run.Settled.Remove(Sender);
            Abandon(Sender, instance.Spec);
            StartMore(run);
        }

        Release(run, instance.Spec);
    }

    // This is its instance's one and only result of this run.
    private void Settle(ScenarioRun run, ScenarioInstance instance, VmResult result)
    {
        var pause = TimeSpan.Zero;
        var next = run.IsEnding || result.Outcome is VmOutcome.Cancelled or VmOutcome.Reached
            ? AfterRun.Ends
            : instance.History.Decide(result.IsSuccess, Stopwatch.GetElapsedTime(run.Started), Random.Shared.NextDouble(), out pause);
        instance.IsQuarantined = next == AfterRun.IsQuarantined;
        run.Add(instance, result);
        if (next == AfterRun.Restarts)
        {
            instance.Restarts++;
            KvmTelemetry.VmRestarted(instance.Spec.Name);
            _services.Progress?.VmWaitsAgain();
            run.Resting.Add(instance.Order, instance);
            Timers.StartSingleTimer(instance, new RestartVm(instance.Order), pause);
            return;
        }

        _services.Progress?.VmEnded(result.IsSuccess);
        if (instance.IsQuarantined)
        {
            KvmTelemetry.VmQuarantined(instance.Spec.Name);
            Log.Warning("{0} is not started again after {1} restarts, its last end: {2}", instance.Id, instance.Restarts, result.Message ?? result.Outcome.ToString());
        }
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
            Forget(slot);
            return;
        }

        _guard.Return(instance.Spec);
        if (!run.Settled.Remove(slot))
        {
            Settle(run, instance, instance.ResultOf(VmOutcome.Crashed, "its actor died"));
        }

        _warmStarts.Release(instance.Spec);
    }

    // Nobody waits for its end any more.
    private void Abandon(IActorRef slot, VmSpec spec)
    {
        _overdue[slot] = spec;
        Context.Stop(slot);
    }

    private void Forget(IActorRef slot)
    {
        if (_overdue.Remove(slot, out var spec))
        {
            _guard.Return(spec);
        }
    }

    private void Release(ScenarioRun run, VmSpec spec)
    {
        if (_warmStarts.Release(spec))
        {
            Timers.Cancel(nameof(Booted));
            StartMore(run);
        }
    }
}
