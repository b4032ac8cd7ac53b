using Xunit;

namespace KvmActors.Testing;

/// <summary>A test with guests.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    /// <summary>Whether its guests have to run on KVM: it is skipped where there is none, unless <c>KVM_REQUIRED=1</c> is in the environment.</summary>
    public bool RequiresKvm
    {
        get;
        set
        {
            field = value;
            Skip = value ? TestBackendChoice.SkipReason : null;
        }
    }
}

/// <summary>As <see cref="GuestFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestTheoryAttribute : TheoryAttribute
{
    /// <summary>Whether its guests have to run on KVM: it is skipped where there is none, unless <c>KVM_REQUIRED=1</c> is in the environment.</summary>
    public bool RequiresKvm
    {
        get;
        set
        {
            field = value;
            Skip = value ? TestBackendChoice.SkipReason : null;
        }
    }
}
