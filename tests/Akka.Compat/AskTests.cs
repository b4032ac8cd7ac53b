using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class AskTests : TestKit
{
    [Fact]
    public async Task Ask_Answered_ReturnsTheAnswer()
    {
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));

        Assert.Equal("hello", await echo.Ask<string>("hello"));
        Assert.Equal("hello", await echo.Ask("hello", Patience.Long));
        Assert.Equal("hello", await echo.Ask<string>("hello", Patience.Long, CancellationToken.None));
    }

    [Fact]
    public async Task Ask_NoAnswerInTime_ThrowsAskTimeout()
    {
        var silent = Sys.ActorOf(Props.Create(() => new SilentActor()));

        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("hello", Patience.Short));
    }

    [Fact]
    public async Task Ask_TimeoutWhileCancellable_ThrowsAskTimeout()
    {
        var silent = Sys.ActorOf(Props.Create(() => new SilentActor()));
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("hello", Patience.Short, cancellation.Token));
    }

    [Fact]
    public async Task Ask_Cancelled_ThrowsTaskCanceled()
    {
        var silent = Sys.ActorOf(Props.Create(() => new SilentActor()));
        using var cancellation = new CancellationTokenSource();

        var answer = silent.Ask<string>("hello", cancellation.Token);
        Assert.False(answer.IsCompleted);
        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => answer);
    }

    [Fact]
    public async Task Ask_AnsweredWithFailure_ThrowsItsCause()
    {
        var actor = Sys.ActorOf(Props.Create(() => new OpenActor()));
        var cause = new BoomException();

        var answer = actor.Ask<string>((Func<IActorContext, object>)(_ => new Status.Failure(cause)), Patience.Long);

        Assert.Same(cause, await Assert.ThrowsAsync<BoomException>(() => answer));
    }

    [Fact]
    public async Task Ask_AnsweredWithNull_ReturnsNullAndTheReplierGoesOn()
    {
        var actor = Sys.ActorOf(Props.Create(() => new NullReplier()));

        Assert.Null(await actor.Ask<string>("first", Patience.Long));
        Assert.Null(await actor.Ask("second", Patience.Long));
        Assert.Equal(0, await actor.Ask<int>("third", Patience.Long));

        Assert.Equal(3, await actor.Ask<int>(new NullReplier.Count(), Patience.Long));
    }

    [Fact]
    public async Task Ask_AnsweredWithAnotherType_ThrowsArgumentException()
    {
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));

        await Assert.ThrowsAsync<ArgumentException>(() => echo.Ask<int>("no number", Patience.Long));
    }

    [Fact]
    public async Task Ask_FromInsideAnActor_Works()
    {
        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));
        var actor = Sys.ActorOf(Props.Create(() => new OpenActor()));

        actor.Tell((Action<IActorContext>)(context =>
            _ = echo.Ask<string>("inner", Patience.Long).PipeTo(context.Sender, context.Self)));

        await ExpectMsgAsync("inner", Patience.Long);
        Assert.Equal(actor, LastSender);
    }

    [Fact]
    public async Task PipeTo_TaskWithResult_SendsIt()
    {
        await Task.FromResult(42).PipeTo(TestActor);
        await ExpectMsgAsync(42, Patience.Long);

        await Task.FromResult(42).PipeTo(TestActor, success: number => $"got {number}");
        await ExpectMsgAsync("got 42", Patience.Long);
    }

    [Fact]
    public async Task PipeTo_FailedTask_SendsTheFailure()
    {
        var cause = new BoomException();

        await Task.FromException<int>(cause).PipeTo(TestActor);
        Assert.Same(cause, (await ExpectMsgAsync<Status.Failure>(Patience.Long)).Cause);

        await Task.FromException(cause).PipeTo(TestActor, failure: exception => exception.Message);
        await ExpectMsgAsync("boom", Patience.Long);
    }

    [Fact]
    public async Task PipeTo_TaskWithoutResult_SendsOnlyWhatSuccessMakes()
    {
        await Task.CompletedTask.PipeTo(TestActor);
        await Task.CompletedTask.PipeTo(TestActor, success: () => "made");

        await ExpectMsgAsync("made", Patience.Long);
    }

    private sealed class NullReplier : ReceiveActor
    {
        private int _replies;

        public NullReplier()
        {
            Receive<string>(_ =>
            {
                Sender.Tell(null!);
                _replies++;
            });
            Receive<Count>(_ => Sender.Tell(_replies));
        }

        public sealed record Count;
    }
}
