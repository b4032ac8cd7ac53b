using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>Whether what this thread writes keeps its set-id bits (CAP_FSETID of capabilities(7)).</summary>
internal static unsafe class SetIdPrivilege
{
    // linux/capability.h
    private const uint Version = 0x2008_0522;
    private const int SetIdCapability = 4;

    // A thread may give capabilities up before its first guest; none takes them back.
    [ThreadStatic]
    private static bool? _isHeld;

    /// <summary>Whether this thread has it, as found out once.</summary>
    public static bool IsHeld => _isHeld ??= Read();

    private static bool Read()
    {
        var header = stackalloc uint[] { Version, 0 };
        var sets = stackalloc uint[6];

        // SAFETY: a header and the two times three words of version 3, on this stack. Effective, permitted, inheritable.
        return LibC.Call(LibC.SYS_capget, (nint)header, (nint)sets) == 0 && (sets[0] & (1u << SetIdCapability)) != 0;
    }
}
