using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>The user whose rights this process has at the host's files.</summary>
public static class HostUser
{
    /// <summary>Its number (geteuid(2)).</summary>
    public static uint Id { get; } = (uint)LibC.Call(LibC.SYS_geteuid, 0);

    /// <summary>Whether it is root, whom no permission bits keep out.</summary>
    public static bool IsRoot => Id == 0;
}
