using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// The files that a thread may open and change from now on, and nothing else of what Landlock knows: no TCP, no signal and no
/// abstract socket of another process (landlock(7)). Numbers are those of <c>linux/landlock.h</c>.
/// </summary>
internal sealed unsafe class LandlockRuleset : IDisposable
{
    private const int ErrataFlag = 2;
    // Newer than some machines' headers.
    private const ulong Truncate = 1 << 14, IoctlDevice = 1 << 15;
    private const ulong BindTcp = 1 << 0, ConnectTcp = 1 << 1, ScopeAbstractSockets = 1 << 0, ScopeSignals = 1 << 1;

    /// <summary>What can be granted on something that is no directory.</summary>
    private const ulong FileRights = SandboxApi.LANDLOCK_ACCESS_FS_EXECUTE | SandboxApi.LANDLOCK_ACCESS_FS_WRITE_FILE | SandboxApi.LANDLOCK_ACCESS_FS_READ_FILE | Truncate | IoctlDevice;

    private const ulong ReadRights = SandboxApi.LANDLOCK_ACCESS_FS_READ_FILE | SandboxApi.LANDLOCK_ACCESS_FS_READ_DIR;

    /// <summary>
    /// What changes files, but for making devices. Nobody makes sockets here, but whoever moves one needs the same right.
    /// </summary>
    private const ulong WriteRights = ReadRights | SandboxApi.LANDLOCK_ACCESS_FS_WRITE_FILE | SandboxApi.LANDLOCK_ACCESS_FS_REMOVE_DIR
        | SandboxApi.LANDLOCK_ACCESS_FS_REMOVE_FILE | SandboxApi.LANDLOCK_ACCESS_FS_MAKE_DIR | SandboxApi.LANDLOCK_ACCESS_FS_MAKE_REG
        | SandboxApi.LANDLOCK_ACCESS_FS_MAKE_SOCK | SandboxApi.LANDLOCK_ACCESS_FS_MAKE_FIFO | SandboxApi.LANDLOCK_ACCESS_FS_MAKE_SYM
        | SandboxApi.LANDLOCK_ACCESS_FS_REFER | Truncate;

    /// <summary>Signals between threads of one process are let through (erratum 2); before, the scope stops the runtime's own.</summary>
    private const long SignalErratum = 1 << 1;

    private readonly FileDescriptor _fd;
    private readonly ulong _handled;

    private LandlockRuleset(FileDescriptor fd, ulong handled)
    {
        _fd = fd;
        _handled = handled;
    }

    /// <summary>The version of the kernel's interface, from 1; 0 when it has none or it was not switched on.</summary>
    public static int GetAbi() => (int)Math.Max(0, LibC.Call(SandboxApi.SYS_landlock_create_ruleset, 0, 0, SandboxApi.LANDLOCK_CREATE_RULESET_VERSION));

    /// <summary>Makes a ruleset that grants nothing yet.</summary>
    /// <param name="abi">The version, from 1.</param>
    /// <exception cref="SystemCallException">landlock_create_ruleset failed.</exception>
    public static LandlockRuleset Create(int abi)
    {
        var attributes = new landlock_ruleset_attr
        {
            handled_access_fs = HandledBy(abi),
            handled_access_net = abi >= 4 ? BindTcp | ConnectTcp : 0,
            scoped = abi >= 6 ? ScopeAbstractSockets | (HasErratum(SignalErratum) ? ScopeSignals : 0) : 0,
        };
        var size = abi >= 6 ? sizeof(landlock_ruleset_attr) : abi >= 4 ? 2 * sizeof(ulong) : sizeof(ulong);

        // SAFETY: the kernel reads this much of the structure, on this stack.
        var fd = LibC.Call(SandboxApi.SYS_landlock_create_ruleset, (nint)(&attributes), size);
        return new LandlockRuleset(new FileDescriptor(Checked(fd, "landlock_create_ruleset", null)), attributes.handled_access_fs);
    }

    /// <summary>Grants reading a file or directory and all below it, and changing it too if asked for.</summary>
    /// <param name="path">A descriptor of it; O_PATH is enough.</param>
    /// <param name="isDirectory">Whether it is a directory.</param>
    /// <param name="isWritable">Whether it may be changed.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <exception cref="SystemCallException">landlock_add_rule failed.</exception>
    public void Allow(FileDescriptor path, bool isDirectory, bool isWritable, string name)
    {
        var rule = new landlock_path_beneath_attr
        {
            allowed_access = (isWritable ? WriteRights : ReadRights) & _handled & (isDirectory ? ulong.MaxValue : FileRights),
            parent_fd = path.Number,
        };

        // SAFETY: the kernel reads one structure, on this stack.
        Checked(LibC.Call(SandboxApi.SYS_landlock_add_rule, _fd.Number, SandboxApi.LANDLOCK_RULE_PATH_BENEATH, (nint)(&rule)), "landlock_add_rule", name);
        GC.KeepAlive(path);
    }

    /// <summary>Confines the calling thread, and the threads it makes later. Needs no_new_privs.</summary>
    /// <exception cref="SystemCallException">landlock_restrict_self failed.</exception>
    public void Enter() => Checked(LibC.Call(SandboxApi.SYS_landlock_restrict_self, _fd.Number), "landlock_restrict_self", null);

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    // Everything a version knows: what is not handled is not denied.
    private static ulong HandledBy(int abi) => abi switch
    {
        1 => SandboxApi.LANDLOCK_ACCESS_FS_REFER - 1,
        2 => Truncate - 1,
        3 or 4 => IoctlDevice - 1,
        _ => (IoctlDevice << 1) - 1,
    };

    private static bool HasErratum(long erratum) =>
        LibC.Call(SandboxApi.SYS_landlock_create_ruleset, 0, 0, ErrataFlag) is > 0 and var errata && (errata & erratum) != 0;

    private static int Checked(long result, string operation, string? target) =>
        result >= 0 ? (int)result : throw new SystemCallException(operation, (Errno)(-result), target);
}
