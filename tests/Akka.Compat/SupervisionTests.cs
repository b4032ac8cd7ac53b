using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class SupervisionTests : TestKit
{
    private static readonly Func<Exception, Directive> Restart = _ => Directive.Restart;

    [Fact]
    public async Task Restart_RunsTheHooksInOrder()
    {
        var actor = await StartLife(SupervisorStrategy.DefaultStrategy);

        actor.Tell(new BoomException());

        await ExpectAll("a PreRestart boom", "a PostStop", "a created", "a PostRestart boom", "a PreStart");
    }

    [Fact]
    public async Task Restart_LosesStateAndTheFailingMessageButNoOther()
    {
        var actor = await StartLife(SupervisorStrategy.DefaultStrategy);
        Assert.Equal(5, await actor.Ask<int>(5, Patience.Long));

        actor.Tell(new BoomException());
        actor.Tell("next");

        await ExpectAll("a PreRestart boom", "a PostStop", "a created", "a PostRestart boom", "a PreStart", "a: next");
        Assert.Equal(1, await actor.Ask<int>(1, Patience.Long));
    }

    [Fact]
    public async Task Restart_ByDefault_StopsTheChildrenFirst()
    {
        var actor = await StartLife(SupervisorStrategy.DefaultStrategy);
        var child = await actor.Ask<IActorRef>(new LifeActor.Child("c"), Patience.Long);
        await ExpectAll("c created", "c PreStart");
        Watch(child);

        actor.Tell(new BoomException());

        await ExpectAll("a PreRestart boom", "a PostStop", "c PostStop");
        object?[] rest =
        [
            await ReceiveOneAsync(Patience.Long), await ReceiveOneAsync(Patience.Long),
            await ReceiveOneAsync(Patience.Long), await ReceiveOneAsync(Patience.Long),
        ];
        Assert.Equal(["a created", "a PostRestart boom", "a PreStart"], rest.OfType<string>());
        Assert.Equal(child, Assert.Single(rest.OfType<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task PreRestart_GetsTheFailingMessage()
    {
        var actor = Sys.ActorOf(Props.Create(() => new MessageKeeper(TestActor)));
        var message = new BoomException();

        actor.Tell(message);

        Assert.Same(message, await ExpectMsgAsync<BoomException>(Patience.Long));
    }

    [Fact]
    public async Task Resume_KeepsState()
    {
        var actor = await StartLife(new OneForOneStrategy(_ => Directive.Resume));
        Assert.Equal(5, await actor.Ask<int>(5, Patience.Long));

        actor.Tell(new BoomException());

        Assert.Equal(6, await actor.Ask<int>(1, Patience.Long));
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Stop_StopsOnlyTheFailedChild()
    {
        var parent = NewParent(SupervisorStrategy.StoppingStrategy);
        var a = await NewChild(parent, "a");
        var b = await NewChild(parent, "b");
        Watch(a);

        a.Tell(new BoomException());

        await ExpectMsgAsync("a PostStop", Patience.Long);
        await ExpectTerminatedAsync(a, Patience.Long);
        Assert.Equal("b: alive", await b.Ask<string>("alive", Patience.Long));
    }

    [Fact]
    public async Task OneForOne_RestartsOnlyTheFailedChild()
    {
        var parent = NewParent(new OneForOneStrategy(Restart));
        var a = await NewChild(parent, "a");
        var b = await NewChild(parent, "b");
        Assert.Equal(7, await b.Ask<int>(7, Patience.Long));

        a.Tell(new BoomException());

        await ExpectAll("a PreRestart boom", "a PostStop", "a created", "a PostRestart boom", "a PreStart");
        Assert.Equal(8, await b.Ask<int>(1, Patience.Long));
    }

    [Fact]
    public async Task RetryLimit_Exceeded_StopsTheChild()
    {
        var parent = NewParent(new OneForOneStrategy(2, TimeSpan.FromHours(1), Restart));
        var actor = await NewChild(parent, "a");
        Watch(actor);

        for (int i = 0; i < 2; i++)
        {
            actor.Tell(new BoomException());
            await ExpectAll("a PreRestart boom", "a PostStop", "a created", "a PostRestart boom", "a PreStart");
        }

        actor.Tell(new BoomException());
        await ExpectMsgAsync("a PostStop", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task RetryLimit_Zero_StopsAtTheFirstFailure()
    {
        var parent = NewParent(new OneForOneStrategy(0, null, Restart));
        var actor = await NewChild(parent, "a");
        Watch(actor);

        actor.Tell(new BoomException());

        await ExpectMsgAsync("a PostStop", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task RetryLimit_FailuresFarApart_NeverReachIt()
    {
        var parent = NewParent(new OneForOneStrategy(1, TimeSpan.FromMilliseconds(20), Restart));
        var actor = await NewChild(parent, "a");

        for (int i = 0; i < 3; i++)
        {
            actor.Tell(new BoomException());
            await ExpectAll("a PreRestart boom", "a PostStop", "a created", "a PostRestart boom", "a PreStart");
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task Escalate_LetsTheGrandparentDecideOverTheParent()
    {
        var grandparent = NewParent(SupervisorStrategy.StoppingStrategy);
        var strategy = new OneForOneStrategy(_ => Directive.Escalate);
        var parent = await grandparent.Ask<IActorRef>(
            new ParentActor.Start(Props.Create(() => new ParentActor(strategy))), Patience.Long);
        var child = await NewChild(parent, "a");
        Watch(parent);

        child.Tell(new BoomException());

        await ExpectMsgAsync("a PostStop", Patience.Long);
        await ExpectTerminatedAsync(parent, Patience.Long);
    }

    [Fact]
    public async Task Escalate_ParentResumed_ChildKeepsState()
    {
        var grandparent = NewParent(new OneForOneStrategy(_ => Directive.Resume));
        var strategy = new OneForOneStrategy(_ => Directive.Escalate);
        var parent = await grandparent.Ask<IActorRef>(
            new ParentActor.Start(Props.Create(() => new ParentActor(strategy))), Patience.Long);
        var child = await NewChild(parent, "a");
        Assert.Equal(5, await child.Ask<int>(5, Patience.Long));

        child.Tell(new BoomException());

        Assert.Equal(6, await child.Ask<int>(1, Patience.Long));
        Assert.Equal("alive", await parent.Ask<string>("alive", Patience.Long));
    }

    [Fact]
    public async Task Decider_ChoosesByException()
    {
        var parent = NewParent(new OneForOneStrategy(cause => cause is BoomException ? Directive.Resume : Directive.Stop));
        var actor = await NewChild(parent, "a");
        Watch(actor);

        actor.Tell(new BoomException());
        Assert.Equal("a: alive", await actor.Ask<string>("alive", Patience.Long));
        actor.Tell(new OtherException());

        await ExpectMsgAsync("a PostStop", Patience.Long);
        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task WithSupervisorStrategy_OverridesTheActorsOwn()
    {
        var props = Props.Create(() => new ParentActor(SupervisorStrategy.StoppingStrategy))
            .WithSupervisorStrategy(new OneForOneStrategy(_ => Directive.Resume));
        var parent = Sys.ActorOf(props);
        var actor = await NewChild(parent, "a");
        Assert.Equal(5, await actor.Ask<int>(5, Patience.Long));

        actor.Tell(new BoomException());

        Assert.Equal(6, await actor.Ask<int>(1, Patience.Long));
    }

    private IActorRef NewParent(SupervisorStrategy strategy) => Sys.ActorOf(Props.Create(() => new ParentActor(strategy)));

    private async Task<IActorRef> NewChild(IActorRef parent, string name)
    {
        Props props = Props.Create(() => new LifeActor(TestActor, name));
        var child = await parent.Ask<IActorRef>(new ParentActor.Start(props, name), Patience.Long);
        await ExpectAll($"{name} created", $"{name} PreStart");
        return child;
    }

    private Task<IActorRef> StartLife(SupervisorStrategy strategy) => NewChild(NewParent(strategy), "a");

    private async Task ExpectAll(params string[] lines)
    {
        foreach (string line in lines)
        {
            await ExpectMsgAsync(line, Patience.Long);
        }
    }

    private sealed class MessageKeeper : ReceiveActor
    {
        private readonly IActorRef _report;

        public MessageKeeper(IActorRef report)
        {
            _report = report;
            Receive<Exception>(exception => throw exception);
        }

        protected override void PreRestart(Exception reason, object? message) => _report.Tell(message!);
    }
}
