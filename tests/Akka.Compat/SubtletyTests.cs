using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

/// <summary>What happens where two of the runtime's features meet.</summary>
public sealed class SubtletyTests : TestKit
{
    [Fact]
    public async Task PostStop_Throws_TheActorStopsAllTheSame()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Hooked(TestActor, "PostStop")));
        Watch(actor);

        Sys.Stop(actor);

        await ExpectMsgAsync("PostStop", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task PreRestart_Throws_TheActorRestartsAllTheSame()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Hooked(TestActor, "PreRestart")));

        actor.Tell(new BoomException());

        await ExpectMsgAsync("PreRestart", Patience.Long);
        await ExpectMsgAsync("PostRestart", Patience.Long);
        Assert.Equal("alive", await actor.Ask<string>("alive", Patience.Long));
    }

    [Fact]
    public async Task PostRestart_Throws_DefaultStrategyStops()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Hooked(TestActor, "PostRestart")));
        Watch(actor);

        actor.Tell(new BoomException());

        await ExpectMsgAsync("PreRestart", Patience.Long);
        await ExpectMsgAsync("PostRestart", Patience.Long);
        await FishForMessageAsync<Terminated>(terminated => terminated.ActorRef.Equals(actor), Patience.Long);
    }

    [Fact]
    public async Task Watch_LongDead_ExistenceIsNotConfirmed()
    {
        var actor = Sys.ActorOf(Props.Create(() => new SilentActor()));
        await this.EndAsync(actor);
        Watch(actor);

        var terminated = await ExpectTerminatedAsync(actor, Patience.Long);

        Assert.False(terminated.ExistenceConfirmed);
        Assert.False(terminated.AddressTerminated);
    }

    [Fact]
    public async Task Failure_WhileSuspended_OrdinaryMessagesWait()
    {
        using var gate = new ManualResetEventSlim();
        using var deciding = new ManualResetEventSlim();
        SupervisorStrategy strategy = new OneForOneStrategy(_ =>
        {
            deciding.Set();
            gate.Wait(Patience.Long);
            return Directive.Resume;
        });
        var parent = Sys.ActorOf(Props.Create(() => new ParentActor(strategy)));
        var child = await parent.Ask<IActorRef>(
            new ParentActor.Start(Props.Create(() => new LifeActor(ActorRefs.Nobody, "a"))), Patience.Long);
        child.Tell(new BoomException());
        Assert.True(deciding.Wait(Patience.Long));

        child.Tell("hello");
        await ExpectNoMsgAsync(Patience.Short);
        gate.Set();

        await ExpectMsgAsync("a: hello", Patience.Long);
    }

    [Fact]
    public async Task Stop_Suspended_StopsAtOnce()
    {
        using var gate = new ManualResetEventSlim();
        using var deciding = new ManualResetEventSlim();
        SupervisorStrategy strategy = new OneForOneStrategy(_ =>
        {
            deciding.Set();
            gate.Wait(Patience.Long);
            return Directive.Restart;
        });
        var parent = Sys.ActorOf(Props.Create(() => new ParentActor(strategy)));
        var child = await parent.Ask<IActorRef>(
            new ParentActor.Start(Props.Create(() => new LifeActor(ActorRefs.Nobody, "a"))), Patience.Long);
        Watch(child);
        child.Tell(new BoomException());
        Assert.True(deciding.Wait(Patience.Long));

        Sys.Stop(child);

        await ExpectTerminatedAsync(child, Patience.Long);
        gate.Set();
        Assert.Equal("alive", await parent.Ask<string>("alive", Patience.Long));
    }

    [Fact]
    public async Task Children_SurvivingARestart_AreRestartedToo()
    {
        var parent = Sys.ActorOf(Props.Create(() => new KeepsChildren(TestActor)));
        await ExpectMsgAsync("child created", Patience.Long);
        await ExpectMsgAsync("child PreStart", Patience.Long);

        parent.Tell(new BoomException());

        await ExpectMsgAsync("child PreRestart boom", Patience.Long);
        await ExpectMsgAsync("child PostStop", Patience.Long);
        await ExpectMsgAsync("child created", Patience.Long);
        await ExpectMsgAsync("child PostRestart boom", Patience.Long);
        await ExpectMsgAsync("child PreStart", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task TestProbe_StandsForAnActor()
    {
        var probe = CreateTestProbe("stand-in");
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));

        probe.Send(echo, "ping");
        await probe.ExpectMsgAsync("ping", Patience.Long);
        Assert.Equal(echo, probe.Sender);
        probe.Ref.Tell("question");
        await probe.ExpectMsgAsync("question", Patience.Long);
        probe.Reply("answer");

        await ExpectMsgAsync("answer", Patience.Long);
        Assert.Equal(probe.Ref, LastSender);
        Assert.Equal("stand-in", probe.Ref.Path.Name);
        Watch(probe.Ref);
        Sys.Stop(probe.Ref);
        await ExpectTerminatedAsync(probe.Ref, Patience.Long);
    }

    [Fact]
    public async Task TestProbe_ChildActorOf_IsTheParent()
    {
        var probe = CreateTestProbe();

        var child = probe.ChildActorOf(Props.Create(() => new OpenActor()), "child");
        child.Tell((Action<IActorContext>)(context => context.Parent.Tell("hello, parent")));

        await probe.ExpectMsgAsync("hello, parent", Patience.Long);
        Assert.Equal(probe.Ref.Path / "child", child.Path);
    }

    private sealed class Hooked(IActorRef report, string failing) : ReceiveActor
    {
        protected override void PreStart()
        {
            Become(() =>
            {
                Receive<Exception>(exception => throw exception);
                ReceiveAny(message => Sender.Tell(message));
            });
        }

        protected override void PostStop() => Step("PostStop");

        protected override void PreRestart(Exception reason, object? message) => Step("PreRestart");

        protected override void PostRestart(Exception reason)
        {
            Step("PostRestart");
            PreStart();
        }

        private void Step(string name)
        {
            report.Tell(name);
            if (name == failing)
            {
                throw new OtherException();
            }
        }
    }

    private sealed class KeepsChildren : ReceiveActor
    {
        private readonly IActorRef _report;

        public KeepsChildren(IActorRef report)
        {
            _report = report;
            Receive<Exception>(exception => throw exception);
        }

        protected override void PreStart() => Context.ActorOf(Props.Create(() => new LifeActor(_report, "child")), "child");

        protected override void PreRestart(Exception reason, object? message)
        {
            // The child stays.
        }

        protected override void PostRestart(Exception reason)
        {
            // The child is there already.
        }
    }
}
