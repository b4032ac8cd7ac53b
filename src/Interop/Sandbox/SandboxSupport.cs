using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Sandbox;

/// <summary>What this kernel and this process's privileges offer a <see cref="ThreadSandbox"/>.</summary>
/// <param name="LandlockAbi">The version of Landlock's interface; 0 when there is none, or it was not switched on.</param>
/// <param name="Seccomp">Whether system calls can be refused.</param>
/// <param name="MountProblem">Why read-only mappings cannot be made read-only mounts; null when they can.</param>
public sealed record SandboxSupport(int LandlockAbi, bool Seccomp, string? MountProblem)
{
    /// <summary>Finds out.</summary>
    public static SandboxSupport Find()
    {
        var mounts = MountNamespace.TryCreate();
        return new SandboxSupport(
            LandlockRuleset.GetAbi(), SeccompFilter.IsAvailable(log: false), mounts == Errno.None ? null : mounts.Describe());
    }
}
