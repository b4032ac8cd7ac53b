using System.Buffers.Binary;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>One name of a directory that no host directory holds.</summary>
/// <param name="Name">Its bytes.</param>
/// <param name="Inode">A number that stays the same.</param>
/// <param name="Type">DT_… of <c>dirent.h</c>.</param>
internal readonly record struct DirectoryEntry(byte[] Name, ulong Inode, byte Type);

/// <summary>Entries in the form of getdents64(2): <c>struct linux_dirent64</c> (<c>linux/dirent.h</c>).</summary>
internal sealed class DirectoryEntries(IReadOnlyList<DirectoryEntry> entries)
{
    public const byte TypeCharacterDevice = 2, TypeDirectory = 4, TypeFile = 8, TypeLink = 10;

    private const int LengthOffset = 16, TypeOffset = 18, NameOffset = 19, Alignment = 8;

    // Positions far above those a file system's own entries have in a signed 64-bit offset's lower reaches.
    private const long FirstPosition = 0x7F00_0000_0000_0000;

    private int _next;

    /// <summary>The position as lseek(2) shows it.</summary>
    public long Position => FirstPosition + _next;

    /// <summary>Whether an offset is one of ours.</summary>
    public static bool IsPosition(long offset) => offset is >= FirstPosition and <= FirstPosition + int.MaxValue;

    /// <summary>Goes to an entry.</summary>
    /// <param name="offset">A <see cref="Position"/>, or an entry's number.</param>
    /// <returns>The offset.</returns>
    public long Seek(long offset)
    {
        _next = (int)Math.Clamp(IsPosition(offset) ? offset - FirstPosition : offset, 0, entries.Count);
        return offset;
    }

    /// <summary>Puts the next entries into a buffer.</summary>
    /// <returns>Bytes used, 0 at the end, or -EINVAL when not even one fits.</returns>
    public long Read(Span<byte> buffer)
    {
        var used = 0;
        for (; _next < entries.Count; _next++)
        {
            var entry = entries[_next];
            var length = (NameOffset + entry.Name.Length + 1 + Alignment - 1) / Alignment * Alignment;
            if (length > buffer.Length - used)
            {
                return used > 0 ? used : Errno.EINVAL.ToResult();
            }

            var record = buffer.Slice(used, length);
            record.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(record, entry.Inode);
            BinaryPrimitives.WriteInt64LittleEndian(record[sizeof(ulong)..], Position + 1);
            BinaryPrimitives.WriteUInt16LittleEndian(record[LengthOffset..], (ushort)length);
            record[TypeOffset] = entry.Type;
            entry.Name.CopyTo(record[NameOffset..]);
            used += length;
        }

        return used;
    }
}
