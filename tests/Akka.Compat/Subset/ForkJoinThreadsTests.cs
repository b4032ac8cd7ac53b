using Akka.Actor;

namespace KvmActors.ActorRuntime.Tests.Subset;

/// <summary>When the threads of a ForkJoinDispatcher come and go; the packages end them later, by a timer.</summary>
public sealed class ForkJoinThreadsTests
{
    [Fact]
    public async Task System_Terminated_TheThreadsEnd()
    {
        var system = ActorSystem.Create("ending", "fixed { type = ForkJoinDispatcher, dedicated-thread-pool.thread-count = 2 }");
        var actor = system.ActorOf(Props.Create(() => new ThreadTeller()).WithDispatcher("fixed"));
        var thread = await actor.Ask<Thread>("where", Patience.Long);

        await system.Terminate();

        Assert.True(thread.Join(Patience.Long));
    }

    private sealed class ThreadTeller : ReceiveActor
    {
        public ThreadTeller()
        {
            ReceiveAny(_ => Sender.Tell(Thread.CurrentThread));
        }
    }
}
