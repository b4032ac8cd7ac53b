namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>What the host says of a file: everything of it that must not change, but its content, whose change the times show.</summary>
/// <param name="Inode">Its number; 0 when there is no such file.</param>
/// <param name="Mode">Kind and permissions.</param>
/// <param name="Owner">User and group.</param>
/// <param name="Links">Its names.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Changed">When its inode was changed last, in nanoseconds.</param>
/// <param name="Modified">When its content was.</param>
internal readonly record struct HostStatus(ulong Inode, uint Mode, ulong Owner, uint Links, ulong Bytes, long Changed, long Modified)
{
    private const uint TypeMask = 0xF000;

    public bool Exists => Inode != 0;

    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public bool IsLink => (Mode & TypeMask) == 0xA000;

    public bool IsFile => (Mode & TypeMask) == 0x8000;
}
