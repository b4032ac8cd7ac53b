using System.Collections.Concurrent;
using Akka.Actor;

namespace KvmActors.ActorRuntime.Tests;

public sealed class TerminationTests
{
    private readonly ConcurrentQueue<string> _steps = new();

    [Fact]
    public async Task Terminate_WhenTerminatedCompletesAfterTheLastPostStop()
    {
        ActorSystem system = ActorSystem.Create("ending");
        for (int i = 0; i < 20; i++)
        {
            var parent = system.ActorOf(Props.Create(() => new Leaver(_steps, "parent")));
            await parent.Ask<string>("child", Patience.Long);
        }

        _ = system.WhenTerminated.ContinueWith(
            _ => _steps.Enqueue("terminated"), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await system.Terminate().WaitAsync(Patience.Long);
        await system.WhenTerminated.WaitAsync(Patience.Long);

        Assert.Equal(20, _steps.Count(step => step == "parent"));
        Assert.Equal(20, _steps.Count(step => step == "child"));
        Assert.DoesNotContain("terminated", _steps.Take(40));
    }

    [Fact]
    public async Task Terminate_Twice_IsHarmless()
    {
        ActorSystem system = ActorSystem.Create("ending");

        await Task.WhenAll(system.Terminate(), system.Terminate()).WaitAsync(Patience.Long);

        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task ActorOf_TerminatedSystem_Throws()
    {
        ActorSystem system = ActorSystem.Create("ending");
        await system.Terminate().WaitAsync(Patience.Long);
        await system.WhenTerminated.WaitAsync(Patience.Long);

        Assert.Throws<InvalidOperationException>(() => system.ActorOf(Props.Create(() => new EchoActor())));
    }

    [Fact]
    public void Create_MalformedName_Throws()
    {
        Assert.Throws<ArgumentException>(() => ActorSystem.Create("not a name!"));
    }

    private sealed class Leaver : ReceiveActor
    {
        private readonly ConcurrentQueue<string> _steps;
        private readonly string _name;

        public Leaver(ConcurrentQueue<string> steps, string name)
        {
            _steps = steps;
            _name = name;
            Receive<string>(child =>
            {
                Context.ActorOf(Props.Create(() => new Leaver(steps, child)));
                Sender.Tell("done");
            });
        }

        protected override void PostStop() => _steps.Enqueue(_name);
    }
}
