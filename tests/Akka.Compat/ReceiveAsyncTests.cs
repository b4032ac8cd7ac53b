using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class ReceiveAsyncTests : TestKit
{
    [Fact]
    public async Task ReceiveAsync_WhileAwaiting_HandlesNothingElse()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = Sys.ActorOf(Props.Create(() => new Waiter()));

        actor.Tell(gate.Task);
        actor.Tell("later");

        await ExpectMsgAsync("waiting", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
        gate.SetResult();
        await ExpectMsgAsync("waited", Patience.Long);
        await ExpectMsgAsync("later", Patience.Long);
    }

    [Fact]
    public async Task ReceiveAsync_AfterAwait_KeepsSelfSenderAndContext()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Waiter()), "keeper");

        actor.Tell(3);

        var (self, sender, child) = await ExpectMsgAsync<(IActorRef, IActorRef, IActorRef)>(Patience.Long);
        Assert.Equal(actor, self);
        Assert.Equal(TestActor, sender);
        Assert.Equal(actor.Path, child.Path.Parent);
    }

    [Fact]
    public async Task ReceiveAsync_TwoSenders_EachGetsItsOwnAnswer()
    {
        var actor = Sys.ActorOf(Props.Create(() => new SlowEcho()));

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => actor.Ask<string>($"{i}", Patience.Long)));

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), answers);
    }

    [Fact]
    public async Task ReceiveAsync_ManyMessages_NeverOverlap()
    {
        var state = new SlowCounter.State();
        var actor = Sys.ActorOf(Props.Create(() => new SlowCounter(state)));

        for (int i = 0; i < 500; i++)
        {
            actor.Tell(i);
        }

        Assert.Equal("done", await actor.Ask<string>("done", Patience.Long));
        Assert.Equal(500, state.Handled);
        Assert.False(state.Overlapped);
    }

    [Fact]
    public async Task ReceiveAsync_ThrowsAfterAwait_RestartsAndGoesOn()
    {
        var actor = Sys.ActorOf(Props.Create(() => new AsyncFailer(TestActor)));

        actor.Tell(new BoomException());
        actor.Tell("next");

        await ExpectMsgAsync("restart BoomException boom", Patience.Long);
        await ExpectMsgAsync("next", Patience.Long);
    }

    [Fact]
    public async Task ReceiveAsync_ThrowsBeforeAwait_RestartsAndGoesOn()
    {
        var actor = Sys.ActorOf(Props.Create(() => new AsyncFailer(TestActor)));

        actor.Tell(1);
        actor.Tell("next");

        await ExpectMsgAsync("restart BoomException early", Patience.Long);
        await ExpectMsgAsync("next", Patience.Long);
    }

    [Fact]
    public async Task Stop_WhileAwaiting_StopsAtOnce()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Waiter()));
        Watch(actor);
        actor.Tell(new TaskCompletionSource().Task);
        await ExpectMsgAsync("waiting", Patience.Long);

        Sys.Stop(actor);

        await ExpectTerminatedAsync(actor, Patience.Long);
    }

    private sealed class Waiter : ReceiveActor
    {
        public Waiter()
        {
            ReceiveAsync<Task>(async task =>
            {
                Sender.Tell("waiting");
                await task;
                Sender.Tell("waited");
            });
            ReceiveAsync<int>(async turns =>
            {
                for (int i = 0; i < turns; i++)
                {
                    await Task.Yield();
                    await Task.Delay(1);
                }

                Sender.Tell((Self, Sender, Context.ActorOf(Props.Create(() => new EchoActor()))));
            });
            ReceiveAny(message => Sender.Tell(message));
        }
    }

    private sealed class SlowEcho : ReceiveActor
    {
        public SlowEcho()
        {
            ReceiveAnyAsync(async message =>
            {
                await Task.Yield();
                Sender.Tell(message);
            });
        }
    }

    private sealed class SlowCounter : ReceiveActor
    {
        public SlowCounter(State state)
        {
            ReceiveAsync<int>(async _ =>
            {
                state.Overlapped |= Interlocked.Exchange(ref state.Inside, 1) != 0;
                await Task.Yield();
                state.Handled++;
                Volatile.Write(ref state.Inside, 0);
            });
            Receive<string>(text => Sender.Tell(text));
        }

        public sealed class State
        {
            public int Inside;
            public int Handled;
            public volatile bool Overlapped;
        }
    }

    private sealed class AsyncFailer : ReceiveActor
    {
        private readonly IActorRef _report;

        public AsyncFailer(IActorRef report)
        {
            _report = report;
            ReceiveAsync<Exception>(async exception =>
            {
                await Task.Yield();
                throw exception;
            });
            ReceiveAsync<int>(_ => throw new BoomException("early"));
            ReceiveAny(message => Sender.Tell(message));
        }

        protected override void PreRestart(Exception reason, object? message) =>
            _report.Tell($"restart {reason.GetType().Name} {reason.Message}");
    }
}
