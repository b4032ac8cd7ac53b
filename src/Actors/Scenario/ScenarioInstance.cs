using System.Diagnostics;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Scenario;

/// <summary>One instance of a scenario and, over its runs, what is to be kept of it. Belongs to the <see cref="ScenarioActor"/>.</summary>
/// <param name="order">Its place in the scenario.</param>
/// <param name="id">What it is called.</param>
/// <param name="spec">What it is an instance of.</param>
/// <param name="variant">What it has of its own; null when it is like all others.</param>
internal sealed class ScenarioInstance(int order, string id, VmSpec spec, VmVariant? variant = null)
{
    /// <summary>Its place in the scenario.</summary>
    public int Order { get; } = order;

    /// <summary>What it is called, for example <c>reader-0</c>.</summary>
    public string Id { get; } = id;

    /// <summary>What it is an instance of.</summary>
    public VmSpec Spec { get; } = spec;

    /// <summary>What it has of its own; null when it is like all others.</summary>
    public VmVariant? Variant { get; } = variant;

    /// <summary>Its restarts as its policy counts them.</summary>
    public RestartHistory History { get; } = new(spec.Restart);

    /// <summary>Whether it has used up its restarts.</summary>
    public bool IsQuarantined { get; set; }

    /// <summary>Whether it had to wait for memory or threads.</summary>
    public bool IsDelayed { get; set; }

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; set; }

    /// <summary>The span of its last run; default before.</summary>
    public ActivityContext LastSpan { get; set; }

    /// <summary>The result when its VM's actor has not told one.</summary>
    public VmResult ResultOf(VmOutcome outcome, string message) => new()
    {
        Id = Id,
        Name = Spec.Name,
        Backend = Spec.Backend,
        Outcome = outcome,
        Message = message,
        Expected = Spec.Expected,
    };
}
