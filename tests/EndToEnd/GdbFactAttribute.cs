using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>A test that needs KVM and gdb; skipped, and saying so, without.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GdbFactAttribute : FactAttribute
{
    public GdbFactAttribute() => Skip = KvmRequirement.SkipReason ?? Gdb.SkipReason;
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GdbTheoryAttribute : TheoryAttribute
{
    public GdbTheoryAttribute() => Skip = KvmRequirement.SkipReason ?? Gdb.SkipReason;
}
