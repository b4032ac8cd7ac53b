using System.Collections.Concurrent;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class MessagingTests : TestKit
{
    [Fact]
    public async Task Tell_ManySenders_KeepsTheOrderOfEach()
    {
        var seen = new ConcurrentQueue<(int Sender, int Number)>();
        var actor = Sys.ActorOf(Props.Create(() => new Recorder(seen)));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(sender => Task.Run(() =>
        {
            for (int number = 0; number < 5_000; number++)
            {
                actor.Tell((sender, number));
            }
        })));
        await actor.Ask<string>("done", Patience.Long);

        Assert.Equal(20_000, seen.Count);
        foreach (var bySender in seen.GroupBy(each => each.Sender))
        {
            Assert.Equal(Enumerable.Range(0, 5_000), bySender.Select(each => each.Number));
        }
    }

    [Fact]
    public async Task Tell_ManySenders_NeverRunsTheActorTwiceAtOnce()
    {
        var state = new Exclusion.State();
        var actor = Sys.ActorOf(Props.Create(() => new Exclusion(state)));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                actor.Tell(1);
            }
        })));

        Assert.Equal(8_000, await actor.Ask<int>("total", Patience.Long));
        Assert.False(state.Overlapped);
    }

    [Fact]
    public async Task Tell_FromATest_HasTheTestActorAsSender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));

        echo.Tell("before");
        await ExpectMsgAsync("before", Patience.Long);
        await Task.Yield();
        echo.Tell("after");

        await ExpectMsgAsync("after", Patience.Long);
        Assert.Equal(echo, LastSender);
    }

    [Fact]
    public async Task Tell_Null_Throws()
    {
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));
        Assert.Equal("alive", await echo.Ask<string>("alive", Patience.Long));

        Assert.Throws<ArgumentNullException>(() => echo.Tell(null!));
    }

    [Fact]
    public async Task Forward_KeepsTheOriginalSender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));
        var relay = Sys.ActorOf(Props.Create(() => new OpenActor()));

        relay.Tell((Action<IActorContext>)(_ => echo.Forward("hello")));

        await ExpectMsgAsync("hello", Patience.Long);
    }

    [Fact]
    public async Task Become_ReplacesAndStacksHandlers()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Moody()));

        Assert.Equal("plain", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("angry");
        Assert.Equal("angry", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("push");
        Assert.Equal("stacked", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("pop");
        Assert.Equal("angry", await actor.Ask<string>("?", Patience.Long));
    }

    [Fact]
    public async Task Become_Once_UnbecomeReturnsToTheConstructorsHandlers()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stages()));

        actor.Tell("one");
        Assert.Equal("one", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("pop");
        Assert.Equal("constructor", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("pop");
        Assert.Equal("constructor", await actor.Ask<string>("?", Patience.Long));
    }

    [Fact]
    public async Task Become_Twice_UnbecomeReturnsToTheConstructorsHandlers()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stages()));

        actor.Tell("one");
        actor.Tell("two");
        Assert.Equal("two", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("pop");
        Assert.Equal("constructor", await actor.Ask<string>("?", Patience.Long));
    }

    [Fact]
    public async Task Become_WithReceive_UnbecomeReturnsToTheActorsOwn()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Untyped()));

        actor.Tell("become");
        Assert.Equal("other", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("pop");

        Assert.Equal("own", await actor.Ask<string>("?", Patience.Long));
    }

    [Fact]
    public async Task Become_InTheConstructor_UnbecomeReturnsToWhatItDeclared()
    {
        var actor = Sys.ActorOf(Props.Create(() => new EarlyBecomer()));

        Assert.Equal("become", await actor.Ask<string>("?", Patience.Long));
        actor.Tell("pop");

        Assert.Equal("declared", await actor.Ask<string>("?", Patience.Long));
    }

    [Fact]
    public async Task Receive_FirstMatchingHandlerWins_AndPredicatesCount()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Choosy()));

        Assert.Equal("small 1", await actor.Ask<string>(1, Patience.Long));
        Assert.Equal("even 20", await actor.Ask<string>(20, Patience.Long));
        Assert.Equal("any 21", await actor.Ask<string>(21, Patience.Long));
        Assert.Equal("any x", await actor.Ask<string>("x", Patience.Long));
    }

    [Fact]
    public async Task Receive_OutsideConstructorAndBecome_Throws()
    {
        var actor = Sys.ActorOf(Props.Create(() => new LateDeclarer()));

        Assert.Equal(nameof(InvalidOperationException), await actor.Ask<string>("declare", Patience.Long));
    }

    [Fact]
    public void Constructor_OutsideTheRuntime_Throws()
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(() => new EchoActor()));
        thread.Start();
        thread.Join();

        Assert.IsType<ActorInitializationException>(thrown);
    }

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(ConcurrentQueue<(int, int)> seen)
        {
            Receive<(int, int)>(seen.Enqueue);
            Receive<string>(text => Sender.Tell(text));
        }
    }

    private sealed class Exclusion : ReceiveActor
    {
        private int _total;

        public Exclusion(State state)
        {
            Receive<int>(number =>
            {
                state.Overlapped |= Interlocked.Exchange(ref state.Inside, 1) != 0;
                _total += number;
                Volatile.Write(ref state.Inside, 0);
            });
            Receive<string>(_ => Sender.Tell(_total));
        }

        public sealed class State
        {
            public int Inside;
            public volatile bool Overlapped;
        }
    }

    private sealed class Moody : ReceiveActor
    {
        public Moody()
        {
            Receive<string>(_ => Sender.Tell("plain"), text => text == "?");
            Receive<string>(_ => Become(Angry), text => text == "angry");
        }

        private void Angry()
        {
            Receive<string>(_ => Sender.Tell("angry"), text => text == "?");
            Receive<string>(_ => BecomeStacked(Stacked), text => text == "push");
        }

        private void Stacked()
        {
            Receive<string>(_ => Sender.Tell("stacked"), text => text == "?");
            Receive<string>(_ => UnbecomeStacked(), text => text == "pop");
        }
    }

    private sealed class Stages : ReceiveActor
    {
        public Stages()
        {
            Stage("constructor");
        }

        private void Stage(string name) => Receive<string>(text =>
        {
            switch (text)
            {
                case "?":
                    Sender.Tell(name);
                    break;
                case "pop":
                    UnbecomeStacked();
                    break;
                default:
                    Become(() => Stage(text));
                    break;
            }
        });
    }

    private sealed class Untyped : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "become")
            {
                Become((Receive)Other);
            }
            else
            {
                Sender.Tell("own");
            }
        }

        private bool Other(object message)
        {
            if (message is "pop")
            {
                UnbecomeStacked();
            }
            else
            {
                Sender.Tell("other");
            }

            return true;
        }
    }

    private sealed class EarlyBecomer : ReceiveActor
    {
        public EarlyBecomer()
        {
            Receive<string>(_ => Sender.Tell("declared"));
            Become(() =>
            {
                Receive<string>(_ => UnbecomeStacked(), text => text == "pop");
                Receive<string>(_ => Sender.Tell("become"));
            });
        }
    }

    private sealed class Choosy : ReceiveActor
    {
        public Choosy()
        {
            Receive<int>(number => Sender.Tell($"small {number}"), number => number < 10);
            Receive<int>(number =>
            {
                if (number % 2 == 0)
                {
                    Sender.Tell($"even {number}");
                    return true;
                }

                return false;
            });
            ReceiveAny(message => Sender.Tell($"any {message}"));
        }
    }

    private sealed class LateDeclarer : ReceiveActor
    {
        public LateDeclarer()
        {
            Receive<string>(_ => Sender.Tell(Record.Exception(() => Receive<int>(_ => { })).GetType().Name));
        }
    }
}
