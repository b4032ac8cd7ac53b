using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Scenario;

/// <summary>Asks for one scenario and watches who is to run it: an answer comes even from an actor that never came to be.</summary>
internal sealed class ScenarioAsker : ReceiveActor
{
    private readonly IActorRef _scenario;
    private readonly ScenarioSpec _spec;
    private readonly TaskCompletionSource<ScenarioResult> _result;

    public ScenarioAsker(IActorRef scenario, ScenarioSpec spec, TaskCompletionSource<ScenarioResult> result)
    {
        _scenario = scenario;
        _spec = spec;
        _result = result;
        Receive<ScenarioEnded>(message => Answer(message.Result));
        Receive<Terminated>(_ => Answer(ScenarioResult.Failed("the scenario's actor died")));
    }

    protected override void PreStart()
    {
        Context.Watch(_scenario);
        _scenario.Tell(new RunScenario(_spec), Self);
    }

    protected override void PostStop() => _result.TrySetResult(ScenarioResult.Failed("the actor system has ended"));

    private void Answer(ScenarioResult result)
    {
        _result.TrySetResult(result);
        Context.Stop(Self);
    }
}
