using Akka.Actor;
using KvmActors.Actors.Results;

namespace KvmActors.Actors.Scenario;

/// <summary>Waits for the answer to one scenario and watches who is to run it: one comes even from an actor that never came to be.</summary>
internal sealed class ScenarioAsker : ReceiveActor
{
    private readonly IActorRef _scenario;
    private readonly TaskCompletionSource<ScenarioResult> _result;

    public ScenarioAsker(IActorRef scenario, TaskCompletionSource<ScenarioResult> result)
    {
        _scenario = scenario;
        _result = result;
        Receive<ScenarioEnded>(message => Answer(message.Result));
        Receive<Terminated>(_ => Answer(ScenarioResult.Failed("the scenario's actor died")));
    }

    protected override void PreStart() => Context.Watch(_scenario);

    protected override void PostStop() => _result.TrySetResult(ScenarioResult.Failed("the actor system has ended"));

    private void Answer(ScenarioResult result)
    {
        _result.TrySetResult(result);
        Context.Stop(Self);
    }
}
