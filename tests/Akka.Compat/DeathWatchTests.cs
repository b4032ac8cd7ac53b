using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class DeathWatchTests : TestKit
{
    [Fact]
    public async Task Watch_ActorStops_TerminatedComesOnce()
    {
        var actor = NewSilent();
        Watch(actor);

        Sys.Stop(actor);

        var terminated = await ExpectTerminatedAsync(actor, Patience.Long);
        Assert.True(terminated.ExistenceConfirmed);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Watch_Twice_TerminatedComesOnce()
    {
        var actor = NewSilent();
        Watch(actor);
        Watch(actor);

        Sys.Stop(actor);

        await ExpectTerminatedAsync(actor, Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Watch_DeadActor_TerminatedComesOnce()
    {
        var actor = NewSilent();
        await this.EndAsync(actor);

        Watch(actor);

        await ExpectTerminatedAsync(actor, Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Watch_ManyWatchers_EachIsTold()
    {
        var actor = NewSilent();
        TestProbe[] probes = [.. Enumerable.Range(0, 10).Select(_ => CreateTestProbe())];
        foreach (var probe in probes)
        {
            probe.Watch(actor);
        }

        Sys.Stop(actor);

        foreach (var probe in probes)
        {
            await probe.ExpectTerminatedAsync(actor, Patience.Long);
        }
    }

    [Fact]
    public async Task Watch_Restart_IsNoDeath()
    {
        var actor = Sys.ActorOf(Props.Create(() => new LifeActor(ActorRefs.Nobody, "a")));
        Watch(actor);

        actor.Tell(new BoomException());

        Assert.Equal("a: alive", await actor.Ask<string>("alive", Patience.Long));
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Watch_ComesAfterWhatTheActorSent()
    {
        var actor = NewOpen();
        Watch(actor);

        actor.Tell((Action<IActorContext>)(context =>
        {
            context.Sender.Tell("last words");
            context.Stop(context.Self);
        }));

        await ExpectMsgAsync("last words", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task Unwatch_ActorStops_NothingComes()
    {
        var actor = NewSilent();
        Watch(actor);
        Unwatch(actor);

        await this.EndAsync(actor);

        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Unwatch_TerminatedAlreadyQueued_IsNeverSeen()
    {
        var victim = NewSilent();
        var watcher = Sys.ActorOf(Props.Create(() => new Watcher(TestActor)));
        using var watched = new ManualResetEventSlim();
        using var ended = new ManualResetEventSlim();
        Do(watcher, context =>
        {
            context.Watch(victim);
            watched.Set();
            Assert.True(ended.Wait(Patience.Long));
            context.Unwatch(victim);
        });
        Assert.True(watched.Wait(Patience.Long));
        await this.EndAsync(victim);
        await Task.Delay(50);
        ended.Set();

        watcher.Tell("after");

        await ExpectMsgAsync("after", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Terminated_Unhandled_FailsTheWatcher()
    {
        var victim = NewSilent();
        var watcher = NewOpen();
        Watch(watcher);
        Do(watcher, context => context.Watch(victim));

        Sys.Stop(victim);

        await ExpectTerminatedAsync(watcher, Patience.Long);
    }

    [Fact]
    public async Task Terminated_Unhandled_StrategyGetsDeathPactException()
    {
        SupervisorStrategy strategy = new OneForOneStrategy(cause =>
        {
            TestActor.Tell(cause, ActorRefs.NoSender);
            return Directive.Stop;
        });
        var parent = Sys.ActorOf(Props.Create(() => new ParentActor(strategy)));
        var watcher = await parent.Ask<IActorRef>(new ParentActor.Start(Props.Create(() => new OpenActor())), Patience.Long);
        var victim = NewSilent();
        Do(watcher, context => context.Watch(victim));

        Sys.Stop(victim);

        var exception = await ExpectMsgAsync<DeathPactException>(Patience.Long);
        Assert.Equal(victim, exception.DeadActor);
    }

    [Fact]
    public async Task Watch_ParentWatchesChild_TerminatedComesOnceAndTheNameIsFree()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Reviver(TestActor)));

        for (int round = 0; round < 3; round++)
        {
            var child = await ExpectMsgAsync<IActorRef>(Patience.Long);
            Assert.Equal(parent.Path / "child", child.Path);
            child.Tell(PoisonPill.Instance);
        }

        await ExpectMsgAsync<IActorRef>(Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    private static void Do(IActorRef actor, Action<IActorContext> action) => actor.Tell(action);

    private IActorRef NewSilent() => Sys.ActorOf(Props.Create(() => new SilentActor()));

    private IActorRef NewOpen() => Sys.ActorOf(Props.Create(() => new OpenActor()));

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef report)
        {
            Receive<Action<IActorContext>>(action => action(Context));
            ReceiveAny(message => report.Tell(message));
        }
    }

    private sealed class Reviver : ReceiveActor
    {
        private readonly IActorRef _report;

        public Reviver(IActorRef report)
        {
            _report = report;
            Receive<Terminated>(_ => Revive());
        }

        protected override void PreStart() => Revive();

        private void Revive() =>
            _report.Tell(Context.Watch(Context.ActorOf(Props.Create(() => new SilentActor()), "child")));
    }
}
