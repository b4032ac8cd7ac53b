using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class PinnedDispatcherTests() : TestKit("pinned { type = PinnedDispatcher }")
{
    [Fact]
    public async Task PinnedActor_AllItsLife_RunsOnOneThread()
    {
        var actor = NewPinned();
        for (int i = 0; i < 20; i++)
        {
            actor.Tell("sync");
            actor.Tell(i);
            await Task.Delay(1);
        }

        actor.Tell(new BoomException());
        actor.Tell("sync");
        actor.Tell(1);
        Watch(actor);
        actor.Tell(PoisonPill.Instance);

        var threads = new HashSet<Thread>();
        var steps = new List<string>();
        while (await ReceiveOneAsync(Patience.Long) is Pinned.Step step)
        {
            threads.Add(step.Thread);
            steps.Add(step.Name);
        }

        Assert.Single(threads);
        Assert.Equal(2, steps.Count(step => step == "constructor"));
        Assert.Contains("PreRestart", steps);
        Assert.Contains("int", steps);
        Assert.Equal("PostStop", steps[^1]);
    }

    [Fact]
    public async Task PinnedActors_HaveThreadsOfTheirOwn()
    {
        var threads = new HashSet<Thread>();

        for (int i = 0; i < 5; i++)
        {
            NewPinned();
            threads.Add((await ExpectMsgAsync<Pinned.Step>(Patience.Long)).Thread);
            await ExpectMsgAsync<Pinned.Step>(Patience.Long);
        }

        Assert.Equal(5, threads.Count);
        Assert.DoesNotContain(threads, thread => thread.IsThreadPoolThread);
        Assert.All(threads, thread => Assert.True(thread.IsBackground));
    }

    [Fact]
    public async Task PinnedActor_Stopped_ItsThreadEnds()
    {
        var actor = NewPinned();
        var thread = (await ExpectMsgAsync<Pinned.Step>(Patience.Long)).Thread;

        await this.EndAsync(actor);

        await AwaitAssertAsync(() => Assert.False(thread.IsAlive), Patience.Long);
    }

    [Fact]
    public async Task PinnedActor_Blocked_BlocksNobodyElse()
    {
        using var gate = new ManualResetEventSlim();
        IActorRef[] blocked = [.. Enumerable.Range(0, 20).Select(_ => NewPinned())];
        foreach (var actor in blocked)
        {
            actor.Tell(gate);
        }

        var echo = Sys.ActorOf(Props.Create(() => new EchoActor()));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(i, await echo.Ask<int>(i, Patience.Long));
        }

        gate.Set();
        foreach (var actor in blocked)
        {
            await this.EndAsync(actor);
        }
    }

    [Fact]
    public async Task PinnedActor_ConstructorThrows_LeavesNoThread()
    {
        Thread? thread = null;
        Action<Thread> started = running => thread = running;
        var actor = Sys.ActorOf(Props.Create(() => new Unborn(started)).WithDispatcher("pinned"));
        Watch(actor);

        await ExpectTerminatedAsync(actor, Patience.Long);

        await AwaitAssertAsync(() => Assert.False(thread!.IsAlive), Patience.Long);
    }

    [Fact]
    public async Task PinnedActor_NestedFailures_FitItsStack()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Rethrower(TestActor)).WithDispatcher("pinned"));

        actor.Tell(12);

        await ExpectMsgAsync("12", Patience.Long);
    }

    private IActorRef NewPinned() => Sys.ActorOf(Props.Create(() => new Pinned(TestActor)).WithDispatcher("pinned"));

    private sealed class Pinned : ReceiveActor
    {
        private readonly IActorRef _report;

        public Pinned(IActorRef report)
        {
            _report = report;
            Report("constructor");
            Receive<string>(Report);
            Receive<Exception>(exception => throw exception);
            Receive<ManualResetEventSlim>(gate => gate.Wait(Patience.Long));
            Receive<int>(_ => Report("int"));
        }

        protected override void PreStart() => Report("PreStart");

        protected override void PostStop() => Report("PostStop");

        protected override void PreRestart(Exception reason, object? message) => Report("PreRestart");

        protected override void PostRestart(Exception reason) => Report("PostRestart");

        private void Report(string step) => _report.Tell(new Step(step, Thread.CurrentThread));

        public sealed record Step(string Name, Thread Thread);
    }

    private sealed class Rethrower : ReceiveActor
    {
        private readonly IActorRef _report;

        public Rethrower(IActorRef report)
        {
            _report = report;
            Receive<int>(Nest);
        }

        protected override void PreRestart(Exception reason, object? message) => _report.Tell(reason.Message);

        private static void Nest(int depth)
        {
            try
            {
                if (depth == 0)
                {
                    throw new BoomException();
                }

                Nest(depth - 1);
            }
            catch (BoomException inner)
            {
                throw new BoomException($"{depth}") { Source = inner.Source };
            }
        }
    }

    private sealed class Unborn : ReceiveActor
    {
        public Unborn(Action<Thread> started)
        {
            started(Thread.CurrentThread);
            throw new BoomException();
        }
    }
}
