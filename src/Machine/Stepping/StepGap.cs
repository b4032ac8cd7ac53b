namespace KvmActors.Machine.Stepping;

/// <summary>Why instructions are executed without a stop after each, up to the next exit.</summary>
public enum StepGap
{
    /// <summary>They are in ring 3, where this KVM gives the step's exception to the guest.</summary>
    Ring3,

    /// <summary>The guest steps itself: there is one trap flag, and it is the guest's.</summary>
    GuestSteps,
}
