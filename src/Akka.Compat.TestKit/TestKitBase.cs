using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>
/// An actor that belongs to a test: it keeps what it is sent until the test looks at it. Waits end after 3 seconds unless
/// the call says otherwise.
/// </summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(3);
    private static int Actors;

    private readonly ReceivedMessages _received = new();
    private ReceivedMessage? _last;

    private protected TestKitBase(ActorSystem system, string? testActorName)
    {
        Sys = system;
        testActorName ??= $"testActor{Interlocked.Increment(ref Actors)}";
        TestActor = ((ActorSystemImpl)system).SystemActorOf(
            Props.Create(() => new InternalTestActor(_received)).WithDispatcher(Dispatchers.CallingThreadId), testActorName);
    }

    /// <summary>The test's actor system.</summary>
    public ActorSystem Sys { get; }

    /// <summary>The test's own actor.</summary>
    public IActorRef TestActor { get; }

    /// <summary>Who sent the message that was looked at last.</summary>
    public IActorRef? LastSender => _last?.Sender;

    /// <summary>The message that was looked at last.</summary>
    public object? LastMessage => _last?.Message;

    /// <summary>Starts a top-level actor in the test's system.</summary>
    public IActorRef ActorOf(Props props, string? name = null) => Sys.ActorOf(props, name);

    /// <summary>Starts a child of the test's actor.</summary>
    public IActorRef ChildActorOf(Props props, string? name = null) => InTestActor(context => context.ActorOf(props, name));

    /// <summary>Has the test's actor watch another; it gets <see cref="Terminated"/> when that one stops.</summary>
    public IActorRef Watch(IActorRef actorToWatch) => InTestActor(context => context.Watch(actorToWatch));

    /// <summary>Ends a watch.</summary>
    public IActorRef Unwatch(IActorRef actorToUnwatch) => InTestActor(context => context.Unwatch(actorToUnwatch));

    /// <summary>Another actor like the test's own.</summary>
    public virtual TestProbe CreateTestProbe(string? name = null) => new(Sys, name);

    /// <summary>Terminates the system and waits for its end.</summary>
    /// <param name="duration">How long at most; 5 seconds by default.</param>
    /// <param name="verifySystemShutdown">Whether a longer shutdown is an error.</param>
    /// <exception cref="TimeoutException">The system has not ended in time.</exception>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? TimeSpan.FromSeconds(5);
        using var terminated = ((IAsyncResult)Sys.Terminate()).AsyncWaitHandle;
        if (!terminated.WaitOne(limit))
        {
            string message = $"The actor system '{Sys.Name}' has not terminated within {limit}: a handler is still running.";
            if (verifySystemShutdown)
            {
                throw new TimeoutException(message);
            }

            Sys.Log.Warning(message);
        }
    }

    private protected static ActorSystem CreateSystem(Config config, Action<string>? log) => new ActorSystemImpl(
        "test",
        config,
        log is null ? LogSinks.StandardOutput() : new LogSinks(LogLevel.InfoLevel, line => log(line.ToString())));

    private protected void BecomeImplicitSender() => TestActorSynchronizationContext.Install(((LocalActorRef)TestActor).Cell);

    private protected void EndTest()
    {
        Shutdown();
        TestActorSynchronizationContext.Uninstall(((LocalActorRef)TestActor).Cell);
    }

    private IActorRef InTestActor(Func<IActorContext, IActorRef> action)
    {
        using var request = new InternalTestActor.Request(action);
        TestActor.Tell(request, ActorRefs.NoSender);
        return request.Await(DefaultTimeout);
    }
}
