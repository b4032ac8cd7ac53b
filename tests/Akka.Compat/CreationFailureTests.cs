using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class CreationFailureTests : TestKit
{
    [Fact]
    public async Task Constructor_Throws_StrategyGetsInitializationException()
    {
        var parent = NewParent(Directive.Stop);

        var child = await parent.Ask<IActorRef>(new ParentActor.Start(Props.Create(() => new BadConstructor())), Patience.Long);
        Watch(child);

        var exception = await FishForMessageAsync<ActorInitializationException>(_ => true, Patience.Long);
        Assert.Equal(child, exception.Actor);
        Assert.IsType<BoomException>(exception.GetBaseException());
    }

    [Fact]
    public async Task PreStart_Throws_StrategyGetsInitializationExceptionWithTheCause()
    {
        var parent = NewParent(Directive.Stop);

        await parent.Ask<IActorRef>(new ParentActor.Start(Props.Create(() => new BadStart())), Patience.Long);

        var exception = await ExpectMsgAsync<ActorInitializationException>(Patience.Long);
        Assert.IsType<BoomException>(exception.InnerException);
    }

    [Fact]
    public async Task Constructor_Throws_DefaultStrategyStopsTheChild()
    {
        var actor = Sys.ActorOf(Props.Create(() => new BadConstructor()));

        Watch(actor);

        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task Constructor_ThrowsOnce_RestartTriesAgain()
    {
        var parent = NewParent(Directive.Restart);
        var attempts = new Attempts();

        var child = await parent.Ask<IActorRef>(new ParentActor.Start(Props.Create(() => new ThirdTimeLucky(attempts))), Patience.Long);

        Assert.Equal(3, await child.Ask<int>("attempts", Patience.Long));
    }

    [Fact]
    public async Task Constructor_ThrowsAtRestart_DefaultStrategyStops()
    {
        var attempts = new Attempts();
        var actor = Sys.ActorOf(Props.Create(() => new OnceOnly(attempts)));
        Watch(actor);

        actor.Tell(new BoomException());

        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    [Fact]
    public async Task ActorOf_UnknownDispatcher_ThrowsConfigurationException()
    {
        var props = Props.Create(() => new EchoActor()).WithDispatcher("no-such-dispatcher");
        var actor = Sys.ActorOf(Props.Create(() => new OpenActor()));

        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(props));
        var thrown = await actor.Ask<Exception>(
            (Func<IActorContext, object>)(context => Record.Exception(() => context.ActorOf(props, "x"))!), Patience.Long);
        Assert.IsType<ConfigurationException>(thrown);
        Assert.Contains("no-such-dispatcher", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ActorOf_Failed_FreesTheName()
    {
        var bad = Props.Create(() => new EchoActor()).WithDispatcher("no-such-dispatcher");
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(bad, "taken"));

        var actor = Sys.ActorOf(Props.Create(() => new EchoActor()), "taken");

        Assert.Equal("hello", await actor.Ask<string>("hello", Patience.Long));
    }

    [Fact]
    public void PropsCreate_NotAConstructorCall_Throws()
    {
        Assert.ThrowsAny<Exception>(() => Props.Create(() => Make()));
    }

    private static EchoActor Make() => throw new InvalidOperationException();

    private IActorRef NewParent(Directive directive)
    {
        SupervisorStrategy strategy = new OneForOneStrategy(cause =>
        {
            TestActor.Tell(cause, ActorRefs.NoSender);
            return directive;
        });
        return Sys.ActorOf(Props.Create(() => new ParentActor(strategy)));
    }

    private sealed class Attempts
    {
        public int Count;
    }

    private sealed class BadConstructor : ReceiveActor
    {
        public BadConstructor()
        {
            throw new BoomException();
        }
    }

    private sealed class BadStart : ReceiveActor
    {
        protected override void PreStart() => throw new BoomException();
    }

    private sealed class ThirdTimeLucky : ReceiveActor
    {
        public ThirdTimeLucky(Attempts attempts)
        {
            if (++attempts.Count < 3)
            {
                throw new BoomException();
            }

            ReceiveAny(_ => Sender.Tell(attempts.Count));
        }
    }

    private sealed class OnceOnly : ReceiveActor
    {
        public OnceOnly(Attempts attempts)
        {
            if (++attempts.Count > 1)
            {
                throw new BoomException();
            }

            Receive<Exception>(exception => throw exception);
        }
    }
}
