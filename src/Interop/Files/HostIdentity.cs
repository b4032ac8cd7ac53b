namespace KvmActors.Interop.Files;

/// <summary>What tells one object of the host's file systems from all others, as long as it is held.</summary>
/// <param name="Device">The file system (<c>st_dev</c>).</param>
/// <param name="Inode">The object in it (<c>st_ino</c>).</param>
public readonly record struct HostIdentity(ulong Device, ulong Inode)
{
    /// <summary>The major number of <see cref="Device"/> (makedev(3)).</summary>
    public uint MajorDevice => (uint)(((Device >> 8) & 0xFFF) | ((Device >> 32) & 0xFFFF_F000));

    /// <summary>The minor number of <see cref="Device"/>.</summary>
    public uint MinorDevice => (uint)((Device & 0xFF) | ((Device >> 12) & 0xFFFF_FF00));
}
