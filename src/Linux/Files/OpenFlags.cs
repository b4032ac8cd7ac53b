namespace KvmActors.Linux.Files;

/// <summary>The flags of open(2) on x86-64 (<c>asm-generic/fcntl.h</c>).</summary>
internal static class OpenFlags
{
    public const int ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, AccessMode = 3;
    public const int Create = 0x40, Exclusive = 0x80, Truncate = 0x200, Append = 0x400, NonBlock = 0x800;
    public const int Directory = 0x1_0000, NoFollow = 0x2_0000, NoAccessTime = 0x4_0000, CloseOnExec = 0x8_0000;
    public const int Sync = 0x10_1000, Path = 0x20_0000, TemporaryFileBit = 0x40_0000, TemporaryFile = TemporaryFileBit | Directory;

    /// <summary>What is passed on to the host. O_DIRECT would ask guests for the host's alignment; the others have no meaning here.</summary>
    public const int Known = AccessMode | Create | Exclusive | Truncate | Append | Sync | Directory | NoFollow | NoAccessTime | Path | TemporaryFileBit;

    /// <summary>What creat(2) opens with.</summary>
    public const int Creat = Create | WriteOnly | Truncate;

    /// <summary>What F_SETFL can change.</summary>
    public const int Settable = Append | NonBlock;

    private const int LargeFile = 0x8000;

    /// <summary>What F_GETFL shows of the flags a file was opened with.</summary>
    public static int Show(int flags) => (flags & Path) != 0
        ? flags & (Path | Directory | NoFollow)
        : (flags & (AccessMode | Append | NonBlock | Sync | Directory | NoFollow | NoAccessTime)) | LargeFile;
}
