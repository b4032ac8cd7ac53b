using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The part of an actor that survives its restarts: mailbox, children, watches, behaviour. Everything here except what
/// says otherwise runs in the actor's own turn.
/// </summary>
internal sealed partial class ActorCell : IActorContext
{
    private readonly Stack<Receive> _behaviors = new();
    private readonly IInternalActorRef _parent;
    private ActorBase? _actor;
    private SupervisorStrategy? _strategy;
    private TimerScheduler? _timers;

    public ActorCell(ActorSystemImpl system, LocalActorRef self, Props props, IInternalActorRef parent, MessageDispatcher dispatcher)
    {
        SystemImpl = system;
        Self = self;
        Props = props;
        _parent = parent;
        Sender = system.DeadLetters;
        Mailbox = new Mailbox(this, dispatcher);
    }

    /// <summary>The cell whose turn it is on this thread.</summary>
    [field: ThreadStatic]
    public static ActorCell? Current { get; set; }

    public ActorSystemImpl SystemImpl { get; }

    public ActorSystem System => SystemImpl;

    public Mailbox Mailbox { get; }

    public IActorRef Self { get; }

    public IActorRef Parent => _parent;

    public IActorRef Sender { get; private set; }

    public Props Props { get; }

    public object? CurrentMessage { get; private set; }

    private IInternalActorRef SelfInternal => (IInternalActorRef)Self;

    public void Become(Receive receive)
    {
        ArgumentNullException.ThrowIfNull(receive);

        // The constructor's behaviour is never replaced, so that UnbecomeStacked always finds its way back to it.
        UnbecomeStacked();
        _behaviors.Push(receive);
    }

    public void BecomeStacked(Receive receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        _behaviors.Push(receive);
    }

    public void UnbecomeStacked()
    {
        if (_behaviors.Count > 1)
        {
            _behaviors.Pop();
        }
    }

    /// <summary>Runs first in every actor's constructor.</summary>
    public void PrepareInstance(ActorBase actor)
    {
        _timers = null;
        if (actor is IWithTimers withTimers)
        {
            _timers = new TimerScheduler(this);
            withTimers.Timers = _timers;
        }
    }

    public void Invoke(in Envelope envelope)
    {
        object? message = envelope.Message is TimerMessage timer ? timer.Accept(_timers) : envelope.Message;
        if (message is null)
        {
            return;
        }

        try
        {
            CurrentMessage = message;
            Sender = envelope.Sender ?? SystemImpl.DeadLetters;
            switch (message)
            {
                case Terminated terminated:
                    ReceiveTerminated(terminated);
                    break;
                case PoisonPill:
                    SelfInternal.SendSystemMessage(new Terminate());
                    break;
                case Kill:
                    throw new ActorKilledException($"{Self} was sent Kill");
                default:
                    Deliver(message);
                    break;
            }

            CurrentMessage = null;
        }
        catch (Exception cause)
        {
            HandleFailure(cause);
        }
    }

    public void Create()
    {
        try
        {
            var actor = NewActor();
            _actor = actor;
            actor.CallPreStart();
        }
        catch (Exception cause)
        {
            Discard(_actor);
            _actor = null;
            throw new ActorInitializationException(Self, $"{Self.Path} could not start: {cause.GetBaseException().Message}", cause);
        }
    }

    private void Deliver(object message)
    {
        if (!_behaviors.Peek()(message))
        {
            _actor!.CallUnhandled(message);
        }
    }

    private ActorBase NewActor()
    {
        _behaviors.Clear();
        var actor = Props.NewActor();
        actor.OnConstructed();
        _strategy = Props.SupervisorStrategy;
        return actor;
    }

    /// <summary>Lets go of an instance that will handle nothing more.</summary>
    private void Discard(ActorBase? actor)
    {
        _timers?.CancelAll();
        if (actor is IDisposable disposable)
        {
            try
            {
                disposable.Dispose();
            }
            catch (Exception failure)
            {
                LogError(failure, "Dispose failed");
            }
        }

        CurrentMessage = null;
        _behaviors.Clear();
    }

    private void LogError(Exception failure, string what) =>
        SystemImpl.Logs.Write(LogLevel.ErrorLevel, Self.Path.ToString(), failure, $"{what}: {failure.Message}");
}
