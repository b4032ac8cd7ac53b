namespace KvmActors.Interop.Sandbox;

/// <summary>How far threads that serve a guest are confined.</summary>
public enum SandboxMode
{
    /// <summary>As far as this kernel and this process's privileges allow.</summary>
    On,

    /// <summary>Not at all; system calls outside the list are written to the kernel's log.</summary>
    Log,

    /// <summary>Not at all.</summary>
    Off,
}
