using KvmActors.Interop.Files;

namespace KvmActors.Linux.Files;

/// <summary>
/// The file systems in which the kernel shows itself: what is in them is no file of the user's but the host, its processes and
/// this very program (<c>/proc/self/mem</c>), so no path leads into one.
/// </summary>
internal static class KernelFileSystems
{
    // linux/magic.h, and for the last row fs/configfs/mount.c, fs/fuse/control.c and fs/nfsd/nfsctl.c. devtmpfs says that it is
    // a tmpfs; that devices are not opened stands in for it.
    private static readonly HashSet<uint> Types =
    [
        0x9FA0, 0x6265_6572, // proc, sysfs
        0x0027_E0EB, 0x6367_7270, 0x0765_5821, // cgroup, cgroup2, resctrl
        0x6462_6720, 0x7472_6163, 0xCAFE_4A11, 0x6165_676C, // debugfs, tracefs, bpf, pstore
        0x7363_6673, 0xF97C_FF8C, 0x4341_5D53, 0x5A3C_69F0, // securityfs, selinuxfs, smackfs, apparmorfs
        0xDE5E_81E4, 0x4249_4E4D, 0x9FA1, 0xABBA_1974, // efivarfs, binfmt_misc, openpromfs, xenfs
        0x1CD1, 0x1980_0202, 0x9584_58F6, // devpts, mqueue, hugetlbfs
        0x6E73_6673, 0x5049_4446, 0x5049_5045, 0x534F_434B, 0x0904_1934, 0x6264_6576, // nsfs, pidfs, pipefs, sockfs, anon_inodefs, bdev
        0x6759_6969, // rpc_pipefs
        0x6265_6570, 0x6573_5543, 0x6E66_7364, // configfs, fusectl, nfsd
    ];

    /// <summary>Whether one of them holds an object. What cannot be told counts as held.</summary>
    public static bool Hold(HostNode node) => node.GetFileSystem(out var status) < 0 || Types.Contains((uint)status.f_type);
}
