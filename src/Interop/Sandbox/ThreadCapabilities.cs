using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// The capabilities of the calling thread (capabilities(7)). A guest keeps those of a root user that decide what its files may be
/// used for, because a mapping means what this process's user could do there; no other.
/// </summary>
internal static unsafe class ThreadCapabilities
{
    // _LINUX_CAPABILITY_VERSION_3, linux/capability.h.
    private const uint Version3 = 0x20080522;

    private static readonly string[] Kept = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"];

    /// <summary>Those of the calling thread that <see cref="Drop"/> would leave, by number, which are the lowest there are.</summary>
    /// <exception cref="SystemCallException">capget failed.</exception>
    public static IReadOnlyList<string> Remaining()
    {
        var data = Get();
        return [.. Kept.Where((_, number) => (data.effective0 & (1u << number)) != 0)];
    }

    /// <summary>Drops all others, for good, from the calling thread alone.</summary>
    /// <exception cref="SystemCallException">capget or capset failed.</exception>
    public static void Drop()
    {
        var mask = (1u << Kept.Length) - 1;
        var old = Get();
        var data = new cap_data { effective0 = old.effective0 & mask, permitted0 = old.permitted0 & mask };
        var header = new cap_header { version = Version3 };

        // SAFETY: the kernel reads both structures, on this stack.
        Check(LibC.Call(SandboxApi.SYS_capset, (nint)(&header), (nint)(&data)), "capset");
    }

    private static cap_data Get()
    {
        var header = new cap_header { version = Version3 };
        var data = default(cap_data);

        // SAFETY: the kernel reads one structure and writes the other, both on this stack.
        Check(LibC.Call(LibC.SYS_capget, (nint)(&header), (nint)(&data)), "capget");
        return data;
    }

    private static void Check(long result, string operation)
    {
        if (result < 0)
        {
            throw new SystemCallException(operation, (Errno)(-result));
        }
    }
}
