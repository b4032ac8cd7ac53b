using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc.Native;

/// <summary><c>struct stat</c> of x86-64 (<c>asm/stat.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 144)]
public struct stat_t
{
    public ulong st_dev, st_ino, st_nlink;
    public uint st_mode, st_uid, st_gid;
    public uint __pad0;
    public ulong st_rdev;
    public long st_size, st_blksize, st_blocks;
    public timespec_t st_atim, st_mtim, st_ctim;
}

/// <summary><c>struct statx_timestamp</c> (<c>linux/stat.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct statx_timestamp
{
    public long tv_sec;
    public uint tv_nsec;
}

/// <summary><c>struct statx</c> (<c>linux/stat.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct statx_t
{
    public uint stx_mask, stx_blksize;
    public ulong stx_attributes;
    public uint stx_nlink, stx_uid, stx_gid;
    public ushort stx_mode, __spare0;
    public ulong stx_ino, stx_size, stx_blocks, stx_attributes_mask;
    public statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
    public uint stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
}

/// <summary><c>struct statfs</c> of x86-64 (<c>asm-generic/statfs.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct statfs_t
{
    public long f_type, f_bsize;
    public ulong f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    public int f_fsid0, f_fsid1;
    public long f_namelen, f_frsize, f_flags;
}
