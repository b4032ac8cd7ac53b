using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class ForkJoinDispatcherTests() : TestKit(
    "fixed { type = ForkJoinDispatcher, throughput = 5, dedicated-thread-pool { thread-count = 3, threadtype = background } }")
{
    [Fact]
    public async Task Actors_MoreThanThreads_RunOnItsThreadsAlone()
    {
        IActorRef[] actors = [.. Enumerable.Range(0, 20).Select(_ => NewActor())];
        for (int i = 0; i < 10; i++)
        {
            Array.ForEach(actors, actor => actor.Tell("where", TestActor));
            await Task.Delay(1);
        }

        var threads = new HashSet<Thread>();
        for (int i = 0; i < 200; i++)
        {
            threads.Add(await ExpectMsgAsync<Thread>(Patience.Long));
        }

        Assert.InRange(threads.Count, 1, 3);
        Assert.All(threads, thread => Assert.True(thread.IsBackground));
        Assert.DoesNotContain(threads, thread => thread.IsThreadPoolThread);
    }

    // Blocking is not what they are for, but it shows how many there are.
    [Fact]
    public async Task Actors_AllThreadsTaken_OthersWaitForOne()
    {
        using var gate = new ManualResetEventSlim();
        IActorRef[] blocked = [.. Enumerable.Range(0, 3).Select(_ => NewActor())];
        foreach (var actor in blocked)
        {
            actor.Tell(gate, TestActor);
            await ExpectMsgAsync("blocks", Patience.Long);
        }

        var other = NewActor();
        other.Tell("where", TestActor);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        gate.Set();
        await ExpectMsgAsync<Thread>(Patience.Long);
    }

    [Fact]
    public async Task Actor_ManyMessages_HandlesThemInOrderOneAtATime()
    {
        var actor = NewActor();
        for (int i = 0; i < 1000; i++)
        {
            actor.Tell(i, TestActor);
        }

        for (int i = 0; i < 1000; i++)
        {
            await ExpectMsgAsync(i, Patience.Long);
        }
    }

    [Fact]
    public async Task Actor_ThatFails_IsRestartedAndItsThreadGoesOn()
    {
        for (int i = 0; i < 10; i++)
        {
            var actor = NewActor();
            actor.Tell(new BoomException());
            actor.Tell(i, TestActor);
            await ExpectMsgAsync(i, Patience.Long);
            await this.EndAsync(actor);
        }
    }

    private IActorRef NewActor() => Sys.ActorOf(Props.Create(() => new Worker()).WithDispatcher("fixed"));

    private sealed class Worker : ReceiveActor
    {
        public Worker()
        {
            Receive<string>(_ => Sender.Tell(Thread.CurrentThread));
            Receive<int>(number => Sender.Tell(number));
            Receive<Exception>(exception => throw exception);
            Receive<ManualResetEventSlim>(gate =>
            {
                Sender.Tell("blocks");
                gate.Wait(Patience.Long);
            });
        }
    }
}
