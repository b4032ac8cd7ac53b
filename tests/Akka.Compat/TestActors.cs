using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

/// <summary>How long a test waits for what must happen: long enough for a machine that is busy with something else.</summary>
internal static class Patience
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    /// <summary>How long a test looks for what must not happen.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);
}

internal static class Ending
{
    /// <summary>Stops an actor after what it was sent before, and waits for its end.</summary>
    public static async Task EndAsync(this TestKit test, IActorRef actor)
    {
        var probe = test.CreateTestProbe();
        probe.Watch(actor);
        actor.Tell(PoisonPill.Instance);
        await probe.ExpectTerminatedAsync(actor, Patience.Long);
    }
}

public sealed class BoomException(string message = "boom") : Exception(message);

public sealed class OtherException() : Exception("other");

/// <summary>Answers every message with itself.</summary>
public sealed class EchoActor : ReceiveActor
{
    public EchoActor()
    {
        ReceiveAny(message => Sender.Tell(message));
    }
}

/// <summary>Never answers.</summary>
public sealed class SilentActor : ReceiveActor
{
    public SilentActor()
    {
        ReceiveAny(_ => { });
    }
}

/// <summary>Runs whatever a test sends it, with its own context.</summary>
public sealed class OpenActor : ReceiveActor
{
    public OpenActor()
    {
        Receive<Action<IActorContext>>(action => action(Context));
        Receive<Func<IActorContext, object>>(function => Sender.Tell(function(Context)));
    }
}

/// <summary>Reports every step of its life, counts, and fails when it is sent an exception.</summary>
public class LifeActor : ReceiveActor
{
    private readonly IActorRef _report;
    private readonly string _name;
    private int _sum;

    public LifeActor(IActorRef report, string name)
    {
        _report = report;
        _name = name;
        _report.Tell($"{name} created");
        Receive<Exception>(exception => throw exception);
        Receive<int>(number =>
        {
            _sum += number;
            Sender.Tell(_sum);
        });
        Receive<string>(text => Sender.Tell($"{name}: {text}"));
        Receive<Child>(child => Sender.Tell(Context.ActorOf(Props.Create(() => new LifeActor(report, child.Name)), child.Name)));
    }

    protected override void PreStart() => _report.Tell($"{_name} PreStart");

    protected override void PostStop() => _report.Tell($"{_name} PostStop");

    protected override void PreRestart(Exception reason, object? message)
    {
        _report.Tell($"{_name} PreRestart {reason.Message}");
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        _report.Tell($"{_name} PostRestart {reason.Message}");
        base.PostRestart(reason);
    }

    public sealed record Child(string Name);
}

/// <summary>A parent with a strategy of the test's choice; starts what it is sent and answers with the reference.</summary>
public sealed class ParentActor : ReceiveActor
{
    private readonly SupervisorStrategy _strategy;

    public ParentActor(SupervisorStrategy strategy)
    {
        _strategy = strategy;
        Receive<Start>(start => Sender.Tell(Context.ActorOf(start.Props, start.Name)));
        Receive<string>(text => Sender.Tell(text));
    }

    protected override SupervisorStrategy SupervisorStrategy() => _strategy;

    public sealed record Start(Props Props, string? Name = null);
}
