using KvmActors.Interop.Libc.Native;

namespace KvmActors.Linux.Files;

/// <summary>The file types of <c>st_mode</c> (<c>linux/stat.h</c>).</summary>
internal static class ModeBits
{
    public const uint Type = 0xF000, Fifo = 0x1000, CharacterDevice = 0x2000, Directory = 0x4000, Regular = 0x8000, Link = 0xA000;

    /// <summary>The permission bits a guest may set: set-id bits would be the host's.</summary>
    public const uint Settable = 0x3FF;
}

/// <summary>The status of what is not the host's.</summary>
internal static class SyntheticStatus
{
    /// <summary>What has no type, as timers and counters: readable and writable for its owner.</summary>
    public const uint NoType = 0x180;

    private const int BlockSize = 4096;

    /// <summary>Makes a status.</summary>
    public static stat_t Of(uint mode, ulong inode, ulong device = 0, long size = 0) => new()
    {
        st_dev = 1,
        st_ino = inode,
        st_nlink = (mode & ModeBits.Type) == ModeBits.Directory ? 2u : 1u,
        st_mode = mode,
        st_rdev = device,
        st_size = size,
        st_blksize = BlockSize,
    };

    /// <summary>A device number as <c>st_rdev</c> has it, for numbers under 256.</summary>
    public static ulong Device(uint major, uint minor) => (major << 8) | minor;

    /// <summary>The same in the form of statx(2).</summary>
    public static statx_t Extend(in stat_t status) => new()
    {
        stx_mask = 0x7FF,
        stx_blksize = (uint)status.st_blksize,
        stx_nlink = (uint)status.st_nlink,
        stx_uid = status.st_uid,
        stx_gid = status.st_gid,
        stx_mode = (ushort)status.st_mode,
        stx_ino = status.st_ino,
        stx_size = (ulong)status.st_size,
        stx_blocks = (ulong)status.st_blocks,
        stx_rdev_major = (uint)(status.st_rdev >> 8),
        stx_rdev_minor = (uint)(status.st_rdev & 0xFF),
        stx_dev_minor = 1,
    };
}
