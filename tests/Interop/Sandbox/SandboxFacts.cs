using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;

namespace KvmActors.Interop.Tests.Sandbox;

/// <summary>A test of what Landlock holds; skipped where the kernel has none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LandlockFactAttribute : FactAttribute
{
    public LandlockFactAttribute() => Skip = LandlockRuleset.GetAbi() > 0 ? null : "this kernel has no Landlock: boot with lsm=landlock,…";
}

/// <summary>A test of read-only mounts; skipped where this process may not make any.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = MountNamespace.TryCreate() is Errno.None ? null : "a mount namespace needs CAP_SYS_ADMIN: run as root";
}
