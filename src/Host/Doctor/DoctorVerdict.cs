using KvmActors.Interop.Sandbox;

namespace KvmActors.Host.Doctor;

/// <summary>What a machine can run, in a sentence.</summary>
internal static class DoctorVerdict
{
    /// <summary>Says it.</summary>
    public static string Of(DoctorFindings findings)
    {
        if (findings.Problem is not null)
        {
            return "This machine runs guests in software alone: KVM cannot be used.";
        }

        List<string> missing = [.. findings.Abilities.Where(finding => !finding.IsPresent).Select(finding => AbilityAdvice.ExcludedBy(finding.Ability)).OfType<string>()];
        AddConfinement(missing, findings.Sandbox);
        return missing.Count == 0 ? "This machine runs everything." : $"This machine runs everything but {Join(missing)}.";
    }

    // Guests run all the same; what stands around them is less.
    private static void AddConfinement(List<string> missing, SandboxSupport sandbox)
    {
        List<string> layers = [];
        if (sandbox.LandlockAbi == 0)
        {
            layers.Add("Landlock");
        }

        if (!sandbox.Seccomp)
        {
            layers.Add("seccomp");
        }

        if (sandbox.MountProblem is not null)
        {
            layers.Add("read-only mounts");
        }

        if (layers.Count > 0)
        {
            missing.Add($"confinement by {Join(layers)}");
        }
    }

    private static string Join(List<string> items) => items.Count == 1 ? items[0] : $"{string.Join(", ", items[..^1])} and {items[^1]}";
}
