using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class EventStreamTests : TestKit
{
    private class News;

    private class BigNews : News;

    private sealed class HugeNews : BigNews;

    private sealed class SmallNews : News;

    [Fact]
    public async Task Publish_SubscribedType_ReachesTheSubscriberOnce()
    {
        Assert.True(Sys.EventStream.Subscribe(TestActor, typeof(News)));
        Assert.True(Sys.EventStream.Subscribe(TestActor, typeof(BigNews)));
        var news = new BigNews();

        Sys.EventStream.Publish(news);

        Assert.Same(news, await ExpectMsgAsync<BigNews>(Patience.Long));
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Publish_BaseTypeOfTheSubscribed_DoesNotReachIt()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(BigNews));

        Sys.EventStream.Publish(new News());

        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Unsubscribe_NothingComesAnyMore()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(News));
        Assert.True(Sys.EventStream.Unsubscribe(TestActor, typeof(News)));

        Sys.EventStream.Publish(new News());

        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Unsubscribe_SubtypeOfTheSubscribed_OnlyThatGoes()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(News));

        Assert.True(Sys.EventStream.Unsubscribe(TestActor, typeof(BigNews)));

        Sys.EventStream.Publish(new HugeNews());
        Sys.EventStream.Publish(new BigNews());
        Sys.EventStream.Publish(new SmallNews());
        await ExpectMsgAsync<SmallNews>(Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Unsubscribe_SubtypeSubscribedToAsWell_StillComesByTheBaseType()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(News));
        Sys.EventStream.Subscribe(TestActor, typeof(BigNews));

        Assert.True(Sys.EventStream.Unsubscribe(TestActor, typeof(BigNews)));

        Sys.EventStream.Publish(new BigNews());
        await ExpectMsgAsync<BigNews>(Patience.Long);
    }

    [Fact]
    public async Task Subscribe_SubtypeAfterItWasUnsubscribed_ComesAgain()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(News));
        Sys.EventStream.Unsubscribe(TestActor, typeof(BigNews));

        Assert.True(Sys.EventStream.Subscribe(TestActor, typeof(BigNews)));

        Sys.EventStream.Publish(new BigNews());
        await ExpectMsgAsync<BigNews>(Patience.Long);
    }

    [Fact]
    public void Unsubscribe_NeitherTypeNorBaseSubscribed_ReturnsFalse()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(SmallNews));

        Assert.False(Sys.EventStream.Unsubscribe(TestActor, typeof(BigNews)));
        Assert.False(Sys.EventStream.Unsubscribe(TestActor, typeof(News)));
    }

    [Fact]
    public async Task Tell_DeadActor_IsADeadLetter()
    {
        var actor = Sys.ActorOf(Props.Create(() => new EchoActor()));
        await this.EndAsync(actor);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        actor.Tell("too late", TestActor);

        var letter = await FishForMessageAsync<DeadLetter>(each => each.Message is "too late", Patience.Long);
        Assert.Equal(actor, letter.Recipient);
        Assert.Equal(TestActor, letter.Sender);
    }

    [Fact]
    public async Task Stop_MessagesStillQueued_AreDeadLetters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        using var gate = new ManualResetEventSlim();
        var actor = Sys.ActorOf(Props.Create(() => new OpenActor()));
        actor.Tell((Action<IActorContext>)(context =>
        {
            gate.Wait(Patience.Long);
            context.Stop(context.Self);
        }));
        actor.Tell("one");
        actor.Tell("two");

        gate.Set();

        var letters = new List<object>
        {
            (await FishForMessageAsync<DeadLetter>(each => each.Message is string, Patience.Long)).Message,
            (await FishForMessageAsync<DeadLetter>(each => each.Message is string, Patience.Long)).Message,
        };
        Assert.Equal(["one", "two"], letters);
    }

    [Fact]
    public async Task Tell_DeadLetters_IsADeadLetter()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        Sys.DeadLetters.Tell("nobody's", ActorRefs.NoSender);

        await FishForMessageAsync<DeadLetter>(each => each.Message is "nobody's", Patience.Long);
    }

    [Fact]
    public async Task Unhandled_IsPublished()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(UnhandledMessage));
        var actor = Sys.ActorOf(Props.Create(() => new OpenActor()));

        actor.Tell("what?", TestActor);

        var unhandled = await ExpectMsgAsync<UnhandledMessage>(Patience.Long);
        Assert.Equal("what?", unhandled.Message);
        Assert.Equal(actor, unhandled.Recipient);
        Assert.Equal(TestActor, unhandled.Sender);
    }

    [Fact]
    public async Task Publish_SubscriberIsDead_Goes()
    {
        var actor = Sys.ActorOf(Props.Create(() => new EchoActor()));
        Sys.EventStream.Subscribe(actor, typeof(DeadLetter));
        await this.EndAsync(actor);

        actor.Tell("a dead letter to a dead subscriber");

        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));
        Assert.Equal("alive", await echo.Ask<string>("alive", Patience.Long));
    }
}
