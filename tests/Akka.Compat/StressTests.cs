using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class StressTests() : TestKit("pinned { type = PinnedDispatcher }")
{
    [Fact]
    public async Task Tell_ManyMessagesFromManyThreads_NoneIsLost()
    {
        IActorRef[] actors =
        [
            .. Enumerable.Range(0, 4).Select(i => Sys.ActorOf(
                i == 0 ? Props.Create(() => new Adder()).WithDispatcher("pinned") : Props.Create(() => new Adder()))),
        ];

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                actors[i % actors.Length].Tell(1);
            }
        })));

        long total = 0;
        foreach (var actor in actors)
        {
            total += await actor.Ask<long>("total", Patience.Long);
        }

        Assert.Equal(400_000, total);
    }

    [Fact]
    public async Task ActorOf_ThousandsStartedAndStopped_AllTerminate()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Nursery()));

        for (int round = 0; round < 5; round++)
        {
            Assert.Equal(1_000, await parent.Ask<int>(1_000, Patience.Long));
        }

        Assert.Equal(0, await parent.Ask<int>("count", Patience.Long));
    }

    [Fact]
    public async Task ActorOf_FromManyThreads_AllStartAndNamesStayUnique()
    {
        var actors = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 500).Select(_ => Sys.ActorOf(Props.Create(() => new EchoActor()))).ToArray())));

        IActorRef[] all = [.. actors.SelectMany(each => each)];
        int[] answers = await Task.WhenAll(all.Select((actor, i) => actor.Ask<int>(i, Patience.Long)));

        Assert.Equal(Enumerable.Range(0, all.Length), answers);
        Assert.Equal(all.Length, all.Select(actor => actor.Path.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Stop_RacingWithTell_EveryMessageIsHandledOrADeadLetter()
    {
        var letters = new Counter();
        var handled = new Counter();
        var listener = Sys.ActorOf(Props.Create(() => new LetterCounter(letters)));
        Sys.EventStream.Subscribe(listener, typeof(Akka.Event.DeadLetter));
        const int Rounds = 200;
        const int Messages = 200;

        for (int round = 0; round < Rounds; round++)
        {
            var victim = Sys.ActorOf(Props.Create(() => new HandledCounter(handled)));
            Task telling = Task.Run(() =>
            {
                for (int i = 0; i < Messages; i++)
                {
                    victim.Tell(new HandledCounter.One());
                }
            });
            Sys.Stop(victim);
            await telling;
        }

        await AwaitAssertAsync(
            () => Assert.Equal(Rounds * Messages, Volatile.Read(ref handled.Value) + Volatile.Read(ref letters.Value)), Patience.Long);
    }

    [Fact]
    public async Task Restart_UnderLoad_LosesOnlyTheFailingMessages()
    {
        var handled = new Counter();
        var actor = Sys.ActorOf(Props.Create(() => new Fragile(handled)));

        for (int i = 1; i <= 2_000; i++)
        {
            actor.Tell(i);
        }

        await actor.Ask<string>("done", Patience.Long);
        Assert.Equal(1_980, handled.Value);
    }

    private sealed class Counter
    {
        public int Value;
    }

    private sealed class Adder : ReceiveActor
    {
        private long _total;

        public Adder()
        {
            Receive<int>(number => _total += number);
            Receive<string>(_ => Sender.Tell(_total));
        }
    }

    private sealed class Nursery : ReceiveActor
    {
        private IActorRef _asker = ActorRefs.Nobody;
        private int _born;
        private int _gone;

        public Nursery()
        {
            Receive<int>(count =>
            {
                (_asker, _born, _gone) = (Sender, count, 0);
                for (int i = 0; i < count; i++)
                {
                    var child = Context.Watch(Context.ActorOf(Props.Create(() => new EchoActor())));
                    child.Tell(PoisonPill.Instance);
                }
            });
            Receive<Terminated>(_ =>
            {
                if (++_gone == _born)
                {
                    _asker.Tell(_gone);
                }
            });
            Receive<string>(_ => Sender.Tell(Context.GetChildren().Count()));
        }
    }

    private sealed class LetterCounter : ReceiveActor
    {
        public LetterCounter(Counter letters)
        {
            Receive<Akka.Event.DeadLetter>(_ => Interlocked.Increment(ref letters.Value), letter => letter.Message is HandledCounter.One);
        }
    }

    private sealed class HandledCounter : ReceiveActor
    {
        public HandledCounter(Counter handled)
        {
            Receive<One>(_ => Interlocked.Increment(ref handled.Value));
        }

        public sealed record One;
    }

    private sealed class Fragile : ReceiveActor
    {
        public Fragile(Counter handled)
        {
            Receive<int>(number =>
            {
                if (number % 100 == 0)
                {
                    throw new BoomException();
                }

                handled.Value++;
            });
            Receive<string>(text => Sender.Tell(text));
        }
    }
}
