using System.Buffers.Binary;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>One name of a host's directory.</summary>
/// <param name="Name">Its bytes.</param>
/// <param name="Inode">The number of what it leads to.</param>
/// <param name="Type">DT_… of <c>dirent.h</c>; 0 where the file system does not say.</param>
public readonly record struct HostEntry(byte[] Name, ulong Inode, byte Type)
{
    // struct linux_dirent64 (linux/dirent.h).
    private const int LengthOffset = 16, TypeOffset = 18, NameOffset = 19, BufferBytes = 32768;

    /// <summary>Whether it is <c>.</c> or <c>..</c>.</summary>
    public bool IsDots => Name is [(byte)'.'] or [(byte)'.', (byte)'.'];

    /// <summary>Reads the names of an open directory from where it stands to its end.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="entries">Receives them.</param>
    public static Errno ReadAll(HostFile directory, ICollection<HostEntry> entries)
    {
        var buffer = new byte[BufferBytes];
        long read;
        while ((read = directory.ReadDirectory(buffer)) > 0)
        {
            Add(buffer.AsSpan(0, (int)read), entries);
        }

        return (Errno)(-read);
    }

    private static void Add(ReadOnlySpan<byte> records, ICollection<HostEntry> entries)
    {
        while (!records.IsEmpty)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(records[LengthOffset..]);
            var name = records[NameOffset..length];
            entries.Add(new HostEntry(name[..name.IndexOf((byte)0)].ToArray(), BinaryPrimitives.ReadUInt64LittleEndian(records), records[TypeOffset]));
            records = records[length..];
        }
    }
}
