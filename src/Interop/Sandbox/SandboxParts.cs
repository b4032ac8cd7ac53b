namespace KvmActors.Interop.Sandbox;

/// <summary>What a <see cref="ThreadSandbox"/> is made of, for tests of what each part holds without the others.</summary>
[Flags]
internal enum SandboxParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read-only mounts for read-only mappings.</summary>
    Mounts = 1,

    /// <summary>The files that may be opened.</summary>
    Landlock = 2,

    /// <summary>A root user's capabilities.</summary>
    Capabilities = 4,

    /// <summary>The system calls that may be made.</summary>
    Seccomp = 8,

    /// <summary>All of it.</summary>
    All = Mounts | Landlock | Capabilities | Seccomp,
}
