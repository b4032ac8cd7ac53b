using Akka.Actor;
using Akka.Configuration;

namespace KvmActors.ActorRuntime.Tests;

public sealed class ConfigTests
{
    [Theory]
    [InlineData("pinned { type = PinnedDispatcher }")]
    [InlineData("pinned.type = PinnedDispatcher")]
    [InlineData("pinned { type : PinnedDispatcher }")]
    [InlineData("""
        # a comment
        akka { actor { ask-timeout = 5s }
          actor.ask-timeout = 5s, actor.ask-timeout = infinite }
        pinned { // another
          type = PinnedDispatcher
        }
        other { type = PinnedDispatcher }
        """)]
    public async Task Create_DispatcherInAnyNotation_GivesItsActorsAThread(string hocon)
    {
        using ActorSystem system = ActorSystem.Create("configured", ConfigurationFactory.ParseString(hocon));
        var actor = system.ActorOf(Props.Create(() => new ThreadTeller()).WithDispatcher("pinned"));

        Assert.False(await actor.Ask<bool>("?", Patience.Long));

        await system.Terminate().WaitAsync(Patience.Long);
    }

    [Theory]
    [InlineData("akka.actor.ask-timeout = 100")]
    [InlineData("akka.actor.ask-timeout = 100ms")]
    [InlineData("akka { actor { ask-timeout : 1s } }")]
    [InlineData("akka.actor { ask-timeout = infinite\n ask-timeout = 100ms }")]
    public async Task Create_AskTimeoutInAnyNotation_IsHonoured(string hocon)
    {
        using ActorSystem system = ActorSystem.Create("configured", hocon);
        var silent = system.ActorOf(Props.Create(() => new SilentActor()));

        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("hello").WaitAsync(Patience.Long));

        await system.Terminate().WaitAsync(Patience.Long);
    }

    private sealed class ThreadTeller : ReceiveActor
    {
        public ThreadTeller()
        {
            ReceiveAny(_ => Sender.Tell(Thread.CurrentThread.IsThreadPoolThread));
        }
    }
}
