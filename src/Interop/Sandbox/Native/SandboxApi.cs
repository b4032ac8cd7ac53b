namespace KvmActors.Interop.Sandbox.Native;

/// <summary>
/// What confines a thread, by the kernel's own names (<c>asm/unistd_64.h</c>, <c>linux/mount.h</c>, <c>sys/mount.h</c>,
/// <c>linux/sched.h</c>, <c>linux/prctl.h</c>, <c>linux/seccomp.h</c>, <c>linux/landlock.h</c>, <c>linux/fcntl.h</c>), each checked
/// against the headers by a test.
/// </summary>
internal static class SandboxApi
{
    public const int SYS_fchdir = 81, SYS_capset = 126, SYS_prctl = 157, SYS_chroot = 161, SYS_mount = 165, SYS_unshare = 272;
    public const int SYS_setns = 308, SYS_seccomp = 317, SYS_open_tree = 428, SYS_move_mount = 429, SYS_mount_setattr = 442;
    public const int SYS_landlock_create_ruleset = 444, SYS_landlock_add_rule = 445, SYS_landlock_restrict_self = 446;

    public const int CLONE_FS = 0x200, CLONE_THREAD = 0x10000, CLONE_NEWNS = 0x20000;
    public const int AT_RECURSIVE = 0x8000, OPEN_TREE_CLONE = 1, MOVE_MOUNT_F_EMPTY_PATH = 4;
    public const int MS_REC = 0x4000, MS_PRIVATE = 1 << 18, MS_SLAVE = 1 << 19;
    public const ulong MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2;
    public const int PR_SET_NO_NEW_PRIVS = 38;

    public const int SECCOMP_SET_MODE_FILTER = 1, SECCOMP_GET_ACTION_AVAIL = 2, SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
    public const uint SECCOMP_RET_ALLOW = 0x7FFF0000, SECCOMP_RET_LOG = 0x7FFC0000, SECCOMP_RET_ERRNO = 0x00050000;
    public const uint AUDIT_ARCH_X86_64 = 0xC000003E;

    public const int LANDLOCK_CREATE_RULESET_VERSION = 1, LANDLOCK_RULE_PATH_BENEATH = 1;
    public const ulong LANDLOCK_ACCESS_FS_EXECUTE = 1 << 0, LANDLOCK_ACCESS_FS_WRITE_FILE = 1 << 1, LANDLOCK_ACCESS_FS_READ_FILE = 1 << 2;
    public const ulong LANDLOCK_ACCESS_FS_READ_DIR = 1 << 3, LANDLOCK_ACCESS_FS_REMOVE_DIR = 1 << 4, LANDLOCK_ACCESS_FS_REMOVE_FILE = 1 << 5;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_DIR = 1 << 7, LANDLOCK_ACCESS_FS_MAKE_REG = 1 << 8, LANDLOCK_ACCESS_FS_MAKE_SOCK = 1 << 9;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_FIFO = 1 << 10, LANDLOCK_ACCESS_FS_MAKE_SYM = 1 << 12, LANDLOCK_ACCESS_FS_REFER = 1 << 13;
}
