using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vm;

/// <content>An instance's way through the slot, from being asked for to its result.</content>
public sealed partial class VmActor
{
    private void Enter(StartVm message)
    {
        KvmTelemetry.MessageHandled(nameof(StartVm), message.Sent);
        _instance = new VmInstance(message, Sender, _spec, _services, _stop) { Sandbox = _slot?.Sandbox };
        KvmTelemetry.VmCreated(_spec.Name);
        Log.Debug("takes in {0}", message.Id);
    }

    private void Leave()
    {
        if (_instance is not null)
        {
            _instance.Happened.Write();
            _instance.Span?.Dispose();
            _instance = null;
            KvmTelemetry.VmClosed(_spec.Name);
        }
    }

    private void Create(string? coldReason)
    {
        var instance = _instance!;
        var template = instance.Own is { IsPlain: true, Functions: not null } ? _templates?.Furthest : _templates?.Current;
        if (template is { IsBooted: true })
        {
            instance.StartsWarm();
        }
        else
        {
            instance.StartsCold(coldReason ?? _templates?.Problem ?? "no instance had booted when it started");
        }

        CreateSlot(template, step => instance.Happened.Add(step), instance.Own?.Input);
        _awaited = _slot!.Vcpus.Count + 1;
        _slot.Queue.Actor.Tell(OpenFor(instance));
        instance.Sandbox = _slot.Sandbox;
        Log.Debug("created for {0}, {1}", instance.Id, instance.Start);
    }

    private void Prepare()
    {
        CreateSlot(_templates?.Furthest, step: null, input: null);
        _awaited = _slot!.Vcpus.Count;
    }

    private void CreateSlot(VmTemplate? template, Action<string>? step, ReadOnlyMemory<byte>? input)
    {
        var hypervisor = _services.FindHypervisor(_spec.Backend)
            ?? throw new InvalidOperationException($"nothing here makes VMs of the backend {_spec.Backend}");
        _slot = new VmSlot(template?.CreateVm(hypervisor, step) ?? VirtualMachine.Create(hypervisor, _spec.Plan, step, input), _stop);
        _slot.CreateActors(Context, _spec, _services, template is null ? null : _templates, _sandbox?.Invoke());
        foreach (var vcpu in _slot.Vcpus)
        {
            vcpu.Tell(new CreateVcpu(template));
        }
    }

    private static OpenGuest OpenFor(VmInstance instance) =>
        new(instance.Console, instance.Operations) { Quotas = instance.Use.Files, Own = instance.Own };

    private void RunWhenAllReady()
    {
        if (--_awaited == 0)
        {
            _instance!.Happened.Add("vcpus created");
            Become(Running);
            Run();
        }
    }

    private void Run()
    {
        var instance = _instance!;
        if (instance.Variant is { } variant)
        {
            // No vCPU is in the guest yet: neither after the boot of a kernel that others go on behind, nor after a reset.
            _slot!.Vm.Plan.Rewrite(_slot.Vm.Memory, variant.Args, variant.Env);
        }

        _slot!.Vm.Begin(new RunSettings(_spec.Machine.VcpusAtStart)
        {
            Seed = instance.Seed,
            MaxInstructions = _spec.Limits.Run.MaxInstructions,

            // A debugger may hold one vCPU and let another go on.
            TakesTurns = _spec.Machine is { VcpusAtStart: 1, Image.StartsVcpus: false } || _services.FindDebugger(instance.Id) is null,
        });
        var message = new RunVcpu(KvmTelemetry.ParentFor(instance.Span, instance.Parent), instance.Console, instance.Origin)
        {
            Budget = instance.Use.Budget,
            Own = instance.Own,
        };
        instance.Run = message;
        foreach (var vcpu in _slot!.Vcpus)
        {
            instance.Awaited.Add(vcpu);
            vcpu.Tell(message);
        }

        if (_services.FindDebugger(instance.Id) is { } debugger)
        {
            // Somebody thinks between two instructions: no deadline.
            var self = Self;
            debugger.Kill = () => self.Tell(CancelVm.Instance);
        }
        else
        {
            Timers.StartSingleTimer(nameof(DeadlineReached), DeadlineReached.Instance, instance.Own?.Timeout ?? _spec.Timeout);
        }

        instance.Own?.Began?.Invoke();
        LookLater();
    }

    private void Collect(VcpuEnded ended)
    {
        KvmTelemetry.MessageHandled(nameof(VcpuEnded), ended.Sent);
        _instance!.Awaited.Remove(Sender);
        _instance.Add(ended);
        if ((ended.End.Kind == VcpuEndKind.OutOfBudget ? _instance.Use.OutOf(ended.End) : VmVerdict.Of(ended.End)) is { } verdict)
        {
            _instance.IsEndedFromInside |= _instance.Verdict is null;
            EndEarly(verdict);
        }

        FinishWhenAllEnded();
    }

    private void EndEarly(VmVerdict verdict, string? happened = null)
    {
        if (happened is not null)
        {
            _instance!.Happened.Add(happened);
        }

        _instance!.Verdict ??= verdict;
        _stop.Request(closesVm: !IsWorthKeeping(_instance.Verdict.Outcome));
        if (!Timers.IsTimerActive(nameof(GraceOver)))
        {
            Timers.StartSingleTimer(nameof(GraceOver), GraceOver.Instance, _instance.Grace);
            Timers.StartPeriodicTimer(nameof(KickAgain), KickAgain.Instance, BetweenKicks);
        }
    }

    // A part of the VM will report nothing any more.
    private void Lose(IActorRef part, VmVerdict verdict)
    {
        EndEarly(verdict);
        _instance!.Awaited.Remove(part);
        _instance.IsOpen |= part.Equals(_slot!.Queue.Actor);
        FinishWhenAllEnded();
    }

    // Somebody hangs in the host's kernel: the answer is given without them.
    private void GiveUp()
    {
        var (instance, late) = (_instance!, _instance!.Awaited.Count);
        var who = late > 0 ? $"{late} of its vCPUs did not stop" : "its files were not opened";
        instance.Verdict = instance.Verdict! with
        {
            Message = $"{instance.Verdict.Message}; {who} within {instance.Grace.TotalSeconds:0.###} s".TrimStart(' ', ';'),
        };
        Log.Warning("{0}: {1}", instance.Id, instance.Verdict.Message);
        Finish(isStuck: true);
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
        if (!_instance!.IsStuck)
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
    private void Finish(bool isStuck = false)
    {
        Timers.CancelAll();
        var instance = _instance!;
        instance.Own?.Functions?.Close();
        var ended = instance.End(_spec, _slot?.Vm, isRecorded: _services.Recording is not null);
        if (_services.Cores is { } cores && !isStuck && _slot is not null)
        {
            ended = ended with { Result = ended.Result with { Core = VmCores.Save(cores, _spec, _slot.Vm, ended.Result, instance.Ended) } };
        }

        string? problem = null;
        var isFree = !isStuck && IsWorthKeeping(ended.Result.Outcome) && _slot is not null && _slot.TryReset(instance.Ended, out problem);
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

        instance.Supervisor.Tell(ended with { IsFree = isFree, IsStuck = isStuck, ResetProblem = problem });
    }

    private void End()
    {
        Become(Ending);
        Context.Stop(Self);
    }

    // Who ends by itself leaves a VM that can be reset. After anything else it is not worth the doubt.
    private static bool IsWorthKeeping(VmOutcome outcome) => outcome is VmOutcome.Exited or VmOutcome.Halted or VmOutcome.Panicked;
}
