using System.Buffers.Binary;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class DirectoryEntriesTests
{
    private static readonly DirectoryEntry[] Three =
    [
        new("."u8.ToArray(), 1, DirectoryEntries.TypeDirectory), new("name"u8.ToArray(), 2, DirectoryEntries.TypeFile), new("link"u8.ToArray(), 3, DirectoryEntries.TypeLink),
    ];

    [Fact]
    public void Read_Entries_AreLinuxDirents()
    {
        var entries = new DirectoryEntries(Three);
        var buffer = new byte[100];

        // 19 bytes, the name and its NUL, rounded up to 8.
        Assert.Equal(24 * 3, entries.Read(buffer));

        Assert.Equal([(".", 1UL, 4, 24), ("name", 2UL, 8, 24), ("link", 3UL, 10, 24)], Enumerable.Range(0, 3).Select(index => Parse(buffer.AsSpan(index * 24, 24))));
        Assert.Equal(0, entries.Read(buffer));
    }

    [Fact]
    public void Read_SmallBuffer_GoesOnWhereItStopped()
    {
        var entries = new DirectoryEntries(Three);
        var buffer = new byte[48];

        Assert.Equal((48L, 24L, 0L), (entries.Read(buffer), entries.Read(buffer), entries.Read(buffer)));
    }

    [Fact]
    public void Read_NotEvenOneFits_IsEinvalAndTheEntryStays()
    {
        var entries = new DirectoryEntries(Three);

        Assert.Equal(Errno.EINVAL.ToResult(), entries.Read(new byte[23]));
        Assert.Equal(24, entries.Read(new byte[24]));
    }

    [Fact]
    public void Seek_PositionOfAnEntry_ReadsFromThere()
    {
        var entries = new DirectoryEntries(Three);
        var buffer = new byte[24];
        entries.Read(buffer);
        var position = BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(8));
        Assert.Equal(position, entries.Position);
        entries.Read(buffer);

        Assert.Equal(position, entries.Seek(position));
        entries.Read(buffer);

        Assert.Equal("name", Parse(buffer).Name);
        Assert.True(DirectoryEntries.IsPosition(position));
    }

    [Theory]
    [InlineData(0, 72)]
    [InlineData(2, 24)]
    [InlineData(3, 0)]
    [InlineData(1000, 0)]
    [InlineData(-1, 72)]
    public void Seek_Number_IsAnEntrysOrAnEnd(long offset, long expected)
    {
        var entries = new DirectoryEntries(Three);

        entries.Seek(offset);

        Assert.Equal(expected, entries.Read(new byte[100]));
        Assert.False(DirectoryEntries.IsPosition(offset));
    }

    private static (string Name, ulong Inode, int Type, int Length) Parse(ReadOnlySpan<byte> entry)
    {
        var name = entry[19..];
        return (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]), BinaryPrimitives.ReadUInt64LittleEndian(entry), entry[18], BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]));
    }
}
