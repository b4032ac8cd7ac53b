using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class StashTests : TestKit
{
    [Fact]
    public async Task UnstashAll_PutsMessagesBackInOrderBeforeTheRest()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stasher()));

        for (int i = 1; i <= 3; i++)
        {
            actor.Tell(i);
        }

        actor.Tell("open");
        actor.Tell(4);

        for (int i = 1; i <= 4; i++)
        {
            await ExpectMsgAsync(i, Patience.Long);
        }
    }

    [Fact]
    public async Task Unstash_PutsOneMessageBack()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stasher()));

        actor.Tell(1);
        actor.Tell(2);
        actor.Tell("open one");
        actor.Tell(3);

        await ExpectMsgAsync(1, Patience.Long);
        await ExpectMsgAsync(3, Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Stash_KeepsTheSender()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stasher()));

        var answer = actor.Ask<int>(7, Patience.Long);
        actor.Tell("open");

        Assert.Equal(7, await answer);
    }

    [Fact]
    public async Task Stash_TheSameMessageTwice_Throws()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stasher()));

        Assert.Equal(nameof(IllegalActorStateException), await actor.Ask<string>("twice", Patience.Long));
    }

    [Fact]
    public async Task Restart_GivesStashedMessagesToTheNewInstance()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stasher()));

        actor.Tell(1);
        actor.Tell(2);
        actor.Tell(new BoomException());
        actor.Tell("open");

        await ExpectMsgAsync(1, Patience.Long);
        await ExpectMsgAsync(2, Patience.Long);
    }

    private sealed class Stasher : ReceiveActor, IWithUnboundedStash
    {
        public Stasher()
        {
            Receive<int>(_ => Stash.Stash());
            Receive<Exception>(exception => throw exception);
            Receive<string>(text => text switch
            {
                "open" => Open(Stash.UnstashAll),
                "open one" => Open(Stash.Unstash),
                "twice" => StashTwice(),
                _ => false,
            });
        }

        public IStash Stash { get; set; } = null!;

        private bool Open(Action unstash)
        {
            unstash();
            Become(() => Receive<int>(number => Sender.Tell(number)));
            return true;
        }

        private bool StashTwice()
        {
            Stash.Stash();
            Sender.Tell(Record.Exception(Stash.Stash).GetType().Name);
            return true;
        }
    }
}
