using KvmActors.Interop.Kvm;

namespace KvmActors.Tests;

/// <summary>
/// A test that needs /dev/kvm. Without it the test is skipped and says why; with KVM_REQUIRED=1 it runs, and fails, instead,
/// so that a machine that should have KVM cannot pass without it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KvmFactAttribute : FactAttribute
{
    public KvmFactAttribute() => Skip = KvmRequirement.SkipReason;
}

/// <summary>As <see cref="KvmFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KvmTheoryAttribute : TheoryAttribute
{
    public KvmTheoryAttribute() => Skip = KvmRequirement.SkipReason;
}

internal static class KvmRequirement
{
    public static string? SkipReason { get; } =
        Environment.GetEnvironmentVariable("KVM_REQUIRED") == "1" ? null : FindReason();

    private static string? FindReason()
    {
        try
        {
            KvmDevice.Open().Dispose();
            return null;
        }
        catch (KvmException e)
        {
            return $"KVM cannot be used here: {e.Message}";
        }
    }
}
