using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Scenario;

/// <summary>Runs a scenario; answered with <see cref="ScenarioEnded"/>.</summary>
/// <param name="Spec">What to run.</param>
public sealed record RunScenario(ScenarioSpec Spec);

/// <summary>
/// Ends the running scenario early; it still answers with <see cref="ScenarioEnded"/>, when its VMs have ended or the scenario's
/// grace is over. The second one is answered at once, whoever has ended by then.
/// </summary>
public sealed record CancelScenario
{
    /// <summary>The only one.</summary>
    public static CancelScenario Instance { get; } = new();
}

/// <summary>The scenario has ended and every VM of it is gone, but for those that did not end in time.</summary>
/// <param name="Result">What became of it.</param>
public sealed record ScenarioEnded(ScenarioResult Result);
