using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vm;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Pools;

/// <summary>
/// Runs guests of one description as they are asked for, so many at once as may be and as there is memory and threads for. Each runs in a
/// slot, which is a <see cref="VmActor"/>; a slot whose VM was reset takes the next guest.
/// Open → (ClosePool) Closing → (the last slot gone) stopped. Each guest's end is told, whatever happens.
/// </summary>
public sealed class GuestPoolActor : ReceiveActor, IWithTimers
{
    // Memory and threads are also given back by others, who tell nobody.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly GuestPoolSpec _spec;
    private readonly VmServices _services;
    private readonly StartGuard _guard;
    private readonly Sandboxes _sandboxes;
    private readonly VmTemplates? _templates;
    private readonly string? _coldReason;
    private readonly LinkedList<StartGuest> _waiting = new();
    private readonly Dictionary<IActorRef, StartGuest> _running = [];
    private readonly Dictionary<string, IActorRef> _slots = [];
    private readonly Stack<IActorRef> _idle = new();
    private readonly HashSet<IActorRef> _preparing = [];
    private bool _isClosing;
    private int _alive;
    private long _slotsMade;

    /// <summary>Makes the actor; nothing is created before a guest is asked for.</summary>
    /// <param name="spec">Which guests.</param>
    /// <param name="services">What their VMs need from outside.</param>
    public GuestPoolActor(GuestPoolSpec spec, VmServices services)
    {
        services.Faults?.Check(nameof(GuestPoolActor));
        (_spec, _services) = (spec, services);
        _guard = services.Guard ?? new StartGuard(services.Memory, services.Threads);
        _sandboxes = new Sandboxes(services);
        var decision = WarmStartDecision.For(spec.Vm.Machine, new WarmStartWishes(spec.Vm.Start, spec.Vm.InheritsInput, services.IsObserved));
        _coldReason = decision.ColdReason;
        _templates = decision.IsWarm ? new VmTemplates(spec.Vm.Plan) : null;
        Open();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private static ILoggingAdapter Log => Context.GetLogger();

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var guest in _waiting.Concat(_running.Values))
        {
            End(guest, VmOutcome.Cancelled, "the pool of its VMs was closed");
        }

        _templates?.Dispose();
        _sandboxes.Dispose();
    }

    private void Open()
    {
        On<StartGuest>(message =>
        {
            _waiting.AddLast(message);
            StartMore();
        });
        OnGuests();
        On<LookAgain>(_ => StartMore());
        On<ClosePool>(_ =>
        {
            _isClosing = true;
            Become(Closing);
            Timers.CancelAll();
            foreach (var guest in _waiting)
            {
                End(guest, VmOutcome.Cancelled, "cancelled");
            }

            _waiting.Clear();
            foreach (var slot in Context.GetChildren().ToList())
            {
                slot.Tell(CancelVm.Instance);
                if (!_running.ContainsKey(slot))
                {
                    Context.Stop(slot);
                }
            }

            StopIfOver();
        });
    }

    private void Closing()
    {
        On<StartGuest>(message => End(message, VmOutcome.Cancelled, "the pool of its VMs was closed"));
        OnGuests();
        ReceiveAny(_ => { });
    }

    private void OnGuests()
    {
        On<VmEnded>(Settle);
        On<VmPrepared>(_ =>
        {
            if (_preparing.Remove(Sender))
            {
                _idle.Push(Sender);
                StartMore();
            }
        });
        On<Terminated>(message => Lose(message.ActorRef));
        On<CancelGuest>(message => Cancel(message.Id));
        On<PauseGuest>(message => _slots.GetValueOrDefault(message.Id)?.Tell(new PauseVm(message.Paused)));
        On<ResumeGuest>(message => _slots.GetValueOrDefault(message.Id)?.Tell(ResumeVm.Instance));
    }

    private void On<T>(Action<T> handler) => Receive<T>(message =>
    {
        try
        {
            _services.Faults?.Check(nameof(GuestPoolActor), typeof(T).Name);
            handler(message);
        }
        catch (Exception e)
        {
            Log.Error(e, "{0} failed for a reason that nobody foresaw", typeof(T).Name);
            if (message is StartGuest start && _waiting.Remove(start))
            {
                End(start, VmOutcome.FailedToStart, e.Message.ReplaceLineEndings(" "));
            }
        }
    });

    private void StartMore()
    {
        while (!_isClosing && _running.Count < _spec.MaxGuests && _waiting.First is { } first)
        {
            if (_idle.TryPop(out var free))
            {
                _waiting.RemoveFirst();
                Run(free, first.Value);
            }
            else if (_guard.FindShortage(_spec.Vm, _spec.OvercommitsMemory) is not { } shortage)
            {
                _waiting.RemoveFirst();
                if (Create(first.Value) is { } slot)
                {
                    Run(slot, first.Value);
                }
            }
            else if (_alive == 0)
            {
                // Nobody's end here would give it more.
                _waiting.RemoveFirst();
                End(first.Value, VmOutcome.FailedToStart, shortage);
            }
            else
            {
                Timers.StartSingleTimer(nameof(LookAgain), LookAgain.Instance, BetweenLooks);
                return;
            }
        }

        PrepareMore();
    }

    // A kernel that others start behind has to boot first.
    private void PrepareMore()
    {
        var isKernel = _spec.Vm.Machine.Image.StartsVcpus;
        while (!_isClosing && _templates is not null && _waiting.Count == 0 && _idle.Count + _preparing.Count < _spec.IdleVms
            && (!isKernel || _templates.Current is { IsBooted: true }) && _guard.FindShortage(_spec.Vm, _spec.OvercommitsMemory) is null
            && Create(guest: null) is { } slot)
        {
            _preparing.Add(slot);
            slot.Tell(PrepareVm.Instance);
        }
    }

    private IActorRef? Create(StartGuest? guest)
    {
        var (spec, services, templates, sandbox) = (_spec.Vm, _services, _templates, _sandboxes.Of(_spec.Vm));
        try
        {
            var props = Props.Create(() => new VmActor(spec, services, templates, sandbox)).WithDispatcher(VmActor.Dispatcher);
            var slot = Context.Watch(Context.ActorOf(props, $"slot-{_slotsMade++}"));
            _guard.Take(spec);
            _alive++;
            return slot;
        }
        catch (Exception e)
        {
            Log.Error(e, "there is no actor for {0}", guest?.Id ?? "a VM to come");
            if (guest is not null)
            {
                End(guest, VmOutcome.FailedToStart, e.Message.ReplaceLineEndings(" "));
            }

            return null;
        }
    }

    private void Run(IActorRef slot, StartGuest guest)
    {
        _running[slot] = guest;
        _slots[guest.Id] = slot;
        slot.Tell(new StartVm(guest.Id) { Own = guest.Own, ShutdownGrace = _spec.Grace, ColdReason = _coldReason });
    }

    private void Settle(VmEnded message)
    {
        if (!_running.Remove(Sender, out var guest))
        {
            return;
        }

        _slots.Remove(guest.Id);
        guest.Ended.TrySetResult(message);
        if (message.IsStuck)
        {
            // Its actor may never be gone, and what it has of the host is gone as long.
            Log.Warning("{0} is not waited for", guest.Id);
            Context.Stop(Sender);
        }
        else if (message.IsFree && !_isClosing)
        {
            Keep(Sender);
        }
        else if (message.IsFree)
        {
            Context.Stop(Sender);
        }

        StartMore();
    }

    private void Keep(IActorRef slot)
    {
        if (_waiting.Count > 0 || _idle.Count + _preparing.Count < _spec.IdleVms)
        {
            _idle.Push(slot);
        }
        else
        {
            Context.Stop(slot);
        }
    }

    private void Lose(IActorRef slot)
    {
        _guard.Return(_spec.Vm);
        _alive--;
        _preparing.Remove(slot);
        if (_running.Remove(slot, out var guest))
        {
            _slots.Remove(guest.Id);
            End(guest, VmOutcome.Crashed, "its actor died");
        }

        if (_idle.Contains(slot))
        {
            var left = _idle.Where(other => !other.Equals(slot)).Reverse().ToList();
            _idle.Clear();
            left.ForEach(_idle.Push);
        }

        StartMore();
        StopIfOver();
    }

    private void Cancel(string id)
    {
        if (_slots.TryGetValue(id, out var slot))
        {
            slot.Tell(CancelVm.Instance);
        }
        else if (_waiting.FirstOrDefault(guest => guest.Id == id) is { } waiting)
        {
            _waiting.Remove(waiting);
            End(waiting, VmOutcome.Cancelled, "cancelled");
        }
    }

    private void End(StartGuest guest, VmOutcome outcome, string message)
    {
        guest.Own.Functions?.Close();
        guest.Ended.TrySetResult(new VmEnded(
            new VmResult { Id = guest.Id, Name = _spec.Vm.Name, Backend = _spec.Vm.Backend, Outcome = outcome, Message = message }, new ExitStatistics()));
    }

    private void StopIfOver()
    {
        if (_isClosing && _alive == 0)
        {
            Context.Stop(Self);
        }
    }

    private sealed record LookAgain
    {
        public static LookAgain Instance { get; } = new();
    }
}
