using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Configuration;

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
    public async Task RegisterOnTermination_RunsBeforeWhenTerminatedCompletes()
    {
        ActorSystem system = ActorSystem.Create("ending");
        system.RegisterOnTermination(() => _steps.Enqueue("code"));

        _ = system.Terminate();
        await system.WhenTerminated.WaitAsync(Patience.Long);

        Assert.Equal(["code"], _steps);
    }

    [Fact]
    public async Task RegisterOnTermination_LastRegisteredRunsFirst()
    {
        ActorSystem system = ActorSystem.Create("ending");
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.RegisterOnTermination(() =>
        {
            _steps.Enqueue("first");
            first.SetResult();
        });
        system.RegisterOnTermination(() => _steps.Enqueue("second"));

        _ = system.Terminate();
        await first.Task.WaitAsync(Patience.Long);

        Assert.Equal(["second", "first"], _steps);
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

    [Fact]
    public async Task CoordinatedShutdown_Run_RunsThePhasesInOrder()
    {
        ActorSystem system = ActorSystem.Create("phases");
        system.ActorOf(Props.Create(() => new Leaver(_steps, "actor")));
        CoordinatedShutdown shutdown = CoordinatedShutdown.Get(system);
        Assert.Same(shutdown, CoordinatedShutdown.Get(system));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "stop", () => Step("service-stop"));
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "unbind", () => Step("before-service-unbind"));

        var run = shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance);
        Assert.Same(Done.Instance, await run.WaitAsync(Patience.Long));

        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
        Assert.Equal(["before-service-unbind", "service-stop", "actor"], _steps);
    }

    [Fact]
    public async Task CoordinatedShutdown_TaskFails_TheNextPhaseRunsAllTheSame()
    {
        ActorSystem system = ActorSystem.Create("phases");
        CoordinatedShutdown shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "fails", () => throw new BoomException());
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "fails later", () => Task.FromException<Done>(new BoomException()));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "stop", () => Step("service-stop"));

        await shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Patience.Long);

        Assert.Equal(["service-stop"], _steps);
        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Terminate_RunsCoordinatedShutdown()
    {
        ActorSystem system = ActorSystem.Create("phases");
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceStop, "stop", () => Step("service-stop"));

        await system.Terminate().WaitAsync(Patience.Long);

        Assert.Equal(["service-stop"], _steps);
    }

    [Fact]
    public async Task CoordinatedShutdown_UnknownPhase_Throws()
    {
        ActorSystem system = ActorSystem.Create("phases");

        Assert.Throws<ConfigurationException>(
            () => CoordinatedShutdown.Get(system).AddTask("no-such-phase", "stop", () => Step("never")));
        await system.Terminate().WaitAsync(Patience.Long);
    }

    private async Task<Done> Step(string name)
    {
        await Task.Delay(10);
        _steps.Enqueue(name);
        return Done.Instance;
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
