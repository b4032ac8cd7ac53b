namespace KvmActors.Interop.Files;

/// <summary>What tells one object of the host's file systems from all others, as long as it is held.</summary>
/// <param name="Device">The file system (<c>st_dev</c>).</param>
/// <param name="Inode">The object in it (<c>st_ino</c>).</param>
public readonly record struct HostIdentity(ulong Device, ulong Inode);
