using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The tree's top: <c>/</c> with <c>/user</c> for everyone's actors and <c>/system</c> for the runtime's, which stop in
/// that order.
/// </summary>
internal sealed class ActorSystemImpl : ActorSystem
{
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<Type, object> _extensions = new();
    private readonly TimerQueueScheduler _scheduler = new();
    private readonly LocalActorRef _root;
    private readonly LocalActorRef _user;
    private readonly LocalActorRef _system;
    private long _lastUid;

    public ActorSystemImpl(string name, Config config, LogSinks logs)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (string.IsNullOrEmpty(name) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"'{name}' is no name for an actor system: use ASCII letters, digits, '-' and '_'.", nameof(name));
        }

        Name = name;
        Logs = logs;
        Log = new LoggingAdapter(logs, $"ActorSystem({name})");
        Dispatchers = new Dispatchers(config);
        AskTimeout = config.AskTimeout ?? Timeout.InfiniteTimeSpan;
        ActorPath root = ActorPath.Root(name);
        TempPath = root / "temp";
        DeadLetters = new DeadLetterActorRef(this, root / "deadLetters");
        EventStream = new EventStream();

        var bubble = new Bubble(this, root / "bubble");
        _root = new LocalActorRef(this, Props.Create(() => new RootGuardian()), bubble, root, ThreadPoolDispatcher.Instance);
        _root.Cell.Mailbox.PostSystem(new Create());
        _system = (LocalActorRef)_root.Cell.ActorOf(Props.Create(() => new Guardian()), "system");
        _user = (LocalActorRef)_root.Cell.ActorOf(Props.Create(() => new Guardian()), "user");
        _root.Tell(new RootGuardian.Watched(_user, _system), ActorRefs.NoSender);
    }

    public override string Name { get; }

    public override EventStream EventStream { get; }

    public override IActorRef DeadLetters { get; }

    public override IScheduler Scheduler => _scheduler;

    public override ILoggingAdapter Log { get; }

    public override Task WhenTerminated => _terminated.Task;

    public LogSinks Logs { get; }

    public Dispatchers Dispatchers { get; }

    /// <summary>How long an Ask waits that does not say; not positive for ever.</summary>
    public TimeSpan AskTimeout { get; }

    public ActorPath TempPath { get; }

    public override IActorRef ActorOf(Props props, string? name = null) => _user.Cell.ActorOf(props, name);

    /// <summary>Starts an actor that outlives everyone's: a test's probe, for example.</summary>
    public IActorRef SystemActorOf(Props props, string? name = null) => _system.Cell.ActorOf(props, name);

    public override Task Terminate()
    {
        ((IInternalActorRef)_user).SendSystemMessage(new Terminate());
        return WhenTerminated;
    }

    public override void Stop(IActorRef actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        var parent = actor.Path.Parent;
        var guardian = parent == _user.Path ? _user.Cell : parent == _system.Path ? _system.Cell : null;
        if (guardian is not null)
        {
            guardian.Stop(actor);
        }
        else
        {
            ((IInternalActorRef)actor).SendSystemMessage(new Terminate());
        }
    }

    public long NextUid() => Interlocked.Increment(ref _lastUid);

    /// <summary>The one <typeparamref name="T"/> of this system, made when it is first asked for.</summary>
    public T Extension<T>(Func<ActorSystemImpl, T> create)
        where T : class
    {
        if (_extensions.TryGetValue(typeof(T), out object? existing))
        {
            return (T)existing;
        }

        return (T)_extensions.GetOrAdd(typeof(T), create(this));
    }

    public void PublishDeadLetter(in Envelope envelope, IActorRef recipient)
    {
        // A dead letter about a dead letter would breed for ever; the others say nothing that anyone must know.
        if (envelope.Message is not (AllDeadLetters or TimerMessage or PoisonPill or Terminated))
        {
            EventStream.Publish(new DeadLetter(envelope.Message, envelope.Sender ?? DeadLetters, recipient));
        }
    }

    private protected override void Dispose(bool disposing) => _ = Terminate();

    private void CompleteTermination()
    {
        _scheduler.Stop();
        Dispatchers.Stop();
        _terminated.SetResult();
    }

    /// <summary>The root's parent: learns that the whole tree is gone.</summary>
    private sealed class Bubble(ActorSystemImpl system, ActorPath path) : ActorRefBase
    {
        public override ActorPath Path => path;

        private protected override ActorSystemImpl OwningSystem => system;

        private protected override void Deliver(object message, IActorRef? sender)
        {
        }

        private protected override void DeliverSystem(SystemMessage message)
        {
            switch (message)
            {
                case DeathWatchNotification:
                    system.CompleteTermination();
                    break;
                case Failed failed:
                    system.Logs.Write(LogLevel.ErrorLevel, system.Name, failed.Cause, "The root guardian failed: the system terminates.");
                    ((IInternalActorRef)failed.Child).SendSystemMessage(new Terminate());
                    break;
            }
        }
    }
}
