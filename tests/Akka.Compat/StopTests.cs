using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class StopTests : TestKit
{
    [Fact]
    public async Task PoisonPill_StopsAfterWhatWasSentBefore()
    {
        var actor = Sys.ActorOf(Props.Create(() => new EchoActor()));
        Watch(actor);

        actor.Tell("one");
        actor.Tell("two");
        actor.Tell(PoisonPill.Instance);
        actor.Tell("three");

        await ExpectMsgAsync("one", Patience.Long);
        await ExpectMsgAsync("two", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Stop_WhileHandling_TakesEffectAfterThisMessageAndBeforeTheNext()
    {
        using var entered = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var actor = Sys.ActorOf(Props.Create(() => new Blocker(entered, gate, TestActor)));
        Watch(actor);
        actor.Tell("first");
        actor.Tell("second");
        Assert.True(entered.Wait(Patience.Long));

        Sys.Stop(actor);
        await ExpectNoMsgAsync(Patience.Short);
        gate.Set();

        await ExpectMsgAsync("first", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Kill_DefaultStrategy_Stops()
    {
        var actor = Sys.ActorOf(Props.Create(() => new LifeActor(TestActor, "a")));
        await ExpectMsgAsync("a created", Patience.Long);
        await ExpectMsgAsync("a PreStart", Patience.Long);
        Watch(actor);

        actor.Tell(Kill.Instance);

        await ExpectMsgAsync("a PostStop", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task Kill_StrategyGetsActorKilledException()
    {
        SupervisorStrategy strategy = new OneForOneStrategy(cause =>
        {
            TestActor.Tell(cause, ActorRefs.NoSender);
            return Directive.Resume;
        });
        var parent = Sys.ActorOf(Props.Create(() => new ParentActor(strategy)));
        var actor = await parent.Ask<IActorRef>(new ParentActor.Start(Props.Create(() => new EchoActor())), Patience.Long);

        actor.Tell(Kill.Instance);

        await ExpectMsgAsync<ActorKilledException>(Patience.Long);
        Assert.Equal("alive", await actor.Ask<string>("alive", Patience.Long));
    }

    [Fact]
    public async Task PostStop_RunsAfterAllChildrenHaveStopped()
    {
        var top = Sys.ActorOf(Props.Create(() => new LifeActor(TestActor, "a")));
        var middle = await top.Ask<IActorRef>(new LifeActor.Child("b"), Patience.Long);
        await middle.Ask<IActorRef>(new LifeActor.Child("c"), Patience.Long);
        await FishForMessageAsync<string>(line => line == "c PreStart", Patience.Long);

        Sys.Stop(top);

        await ExpectMsgAsync("c PostStop", Patience.Long);
        await ExpectMsgAsync("b PostStop", Patience.Long);
        await ExpectMsgAsync("a PostStop", Patience.Long);
    }

    [Fact]
    public async Task ContextStop_OfAChild_StopsIt()
    {
        var parent = Sys.ActorOf(Props.Create(() => new OpenActor()));
        var child = await parent.Ask<IActorRef>(
            (Func<IActorContext, object>)(context => context.ActorOf(Props.Create(() => new SilentActor()), "child")), Patience.Long);
        Watch(child);

        parent.Tell((Action<IActorContext>)(context => context.Stop(context.Child("child"))));

        await ExpectTerminatedAsync(child, Patience.Long);
    }

    [Fact]
    public async Task Dispose_DisposableActor_IsCalledAfterPostStop()
    {
        var actor = Sys.ActorOf(Props.Create(() => new DisposableActor(TestActor)));

        Sys.Stop(actor);

        await ExpectMsgAsync("PostStop", Patience.Long);
        await ExpectMsgAsync("Dispose", Patience.Long);
    }

    private sealed class Blocker : ReceiveActor
    {
        public Blocker(ManualResetEventSlim entered, ManualResetEventSlim gate, IActorRef report)
        {
            Receive<string>(text =>
            {
                entered.Set();
                gate.Wait(Patience.Long);
                report.Tell(text);
            });
        }
    }

    private sealed class DisposableActor(IActorRef report) : UntypedActor, IDisposable
    {
        public void Dispose() => report.Tell("Dispose");

        protected override void OnReceive(object message) => Unhandled(message);

        protected override void PostStop() => report.Tell("PostStop");
    }
}
