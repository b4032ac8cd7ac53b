using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class TimerTests : TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task StartSingleTimer_FiresOnce()
    {
        var actor = NewTimerActor();

        Do(actor, timers => timers.StartSingleTimer("k", "tick", Soon));

        await ExpectMsgAsync("tick", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
        Assert.False(await IsActive(actor, "k"));
    }

    [Fact]
    public async Task StartPeriodicTimer_FiresUntilCancelled()
    {
        var actor = NewTimerActor();

        Do(actor, timers => timers.StartPeriodicTimer("k", "tick", TimeSpan.Zero, Soon));

        for (int i = 0; i < 4; i++)
        {
            await ExpectMsgAsync("tick", Patience.Long);
        }

        Assert.True(await IsActiveAmongTicks(actor));
        Do(actor, timers =>
        {
            timers.Cancel("k");
            TestActor.Tell("cancelled");
        });
        await FishForMessageAsync<string>(text => text == "cancelled", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task Cancel_MessageAlreadyQueued_IsNeverSeen()
    {
        var actor = NewTimerActor();

        Do(actor, timers =>
        {
            timers.StartSingleTimer("k", "tick", TimeSpan.FromMilliseconds(1));
            Thread.Sleep(200);
            timers.Cancel("k");
        });

        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task StartSingleTimer_SameKey_ReplacesTheTimer()
    {
        var actor = NewTimerActor();

        Do(actor, timers =>
        {
            timers.StartSingleTimer("k", "old", TimeSpan.FromMilliseconds(1));
            Thread.Sleep(200);
            timers.StartSingleTimer("k", "new", Soon);
        });

        await ExpectMsgAsync("new", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task CancelAll_EndsEveryTimer()
    {
        var actor = NewTimerActor();

        Do(actor, timers =>
        {
            timers.StartSingleTimer("a", "a", Soon);
            timers.StartPeriodicTimer("b", "b", Soon);
            timers.CancelAll();
        });

        await ExpectNoMsgAsync(Patience.Short);
        Assert.False(await IsActive(actor, "a"));
    }

    [Fact]
    public async Task Restart_EndsTheTimers()
    {
        var actor = NewTimerActor();

        Do(actor, timers =>
        {
            timers.StartSingleTimer("a", "a", Soon);
            timers.StartPeriodicTimer("b", "b", Soon);
            Thread.Sleep(100);
            throw new BoomException();
        });

        await ExpectNoMsgAsync(Patience.Short);
        Assert.False(await IsActive(actor, "b"));
        Do(actor, timers => timers.StartSingleTimer("a", "fresh", Soon));
        await ExpectMsgAsync("fresh", Patience.Long);
    }

    [Fact]
    public async Task Timers_AreThereInTheConstructor()
    {
        Sys.ActorOf(Props.Create(() => new EarlyTimer(TestActor)));

        await ExpectMsgAsync("early", Patience.Long);
    }

    [Fact]
    public async Task ScheduleTellOnce_SendsOnceWithTheSender()
    {
        Sys.Scheduler.ScheduleTellOnce(Soon, TestActor, "once", TestActor);

        await ExpectMsgAsync("once", Patience.Long);
        Assert.Equal(TestActor, LastSender);
        await ExpectNoMsgAsync(Patience.Short);
    }

    [Fact]
    public async Task ScheduleTellOnceCancelable_Cancelled_SendsNothing()
    {
        var cancelable = Sys.Scheduler.ScheduleTellOnceCancelable(Patience.Short, TestActor, "once", ActorRefs.NoSender);

        cancelable.Cancel();

        Assert.True(cancelable.IsCancellationRequested);
        Assert.True(cancelable.Token.IsCancellationRequested);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(400));
    }

    [Fact]
    public async Task ScheduleTellRepeatedlyCancelable_SendsUntilCancelled()
    {
        var cancelable =
            Sys.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, Soon, TestActor, "again", ActorRefs.NoSender);
        for (int i = 0; i < 3; i++)
        {
            await ExpectMsgAsync("again", Patience.Long);
        }

        cancelable.Cancel();
        await Task.Delay(200);
        TestActor.Tell("end");
        await FishForMessageAsync<string>(text => text == "end", Patience.Long);
        await ExpectNoMsgAsync(Patience.Short);
    }

    private static void Do(IActorRef actor, Action<ITimerScheduler> action) => actor.Tell(action);

    private static Task<bool> IsActive(IActorRef actor, string key) => actor.Ask<bool>(key, Patience.Long);

    private static Task<bool> IsActiveAmongTicks(IActorRef actor) => IsActive(actor, "k");

    private IActorRef NewTimerActor() => Sys.ActorOf(Props.Create(() => new TimerActor(TestActor)));

    private sealed class TimerActor : ReceiveActor, IWithTimers
    {
        public TimerActor(IActorRef report)
        {
            Receive<Action<ITimerScheduler>>(action => action(Timers));
            Receive<string>(key => Sender.Tell(Timers.IsTimerActive(key)), _ => !Sender.Equals(Context.System.DeadLetters));
            Receive<string>(text => report.Tell(text));
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed class EarlyTimer : ReceiveActor, IWithTimers
    {
        public EarlyTimer(IActorRef report)
        {
            Timers.StartSingleTimer("k", "early", TimeSpan.FromMilliseconds(1));
            ReceiveAny(message => report.Tell(message));
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }
}
