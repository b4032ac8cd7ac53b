using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>A test on each backend that needs gdb; skipped, and saying so, without.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GdbFactAttribute : VmFactAttribute
{
    public GdbFactAttribute() => Skip = Gdb.SkipReason;
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GdbTheoryAttribute : VmTheoryAttribute
{
    public GdbTheoryAttribute() => Skip = Gdb.SkipReason;
}
