using KvmActors.Interop.Memory;
using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Images;

public class ElfImageTests
{
    private const int Offset = 8, Physical = 24, FileSize = 32, MemorySize = 40;

    [Fact]
    public void Parse_Executable_HasItsSegmentsByPhysicalAddressAndItsEntry()
    {
        var image = ElfImage.Parse(new ElfFile { Entry = 0x10_0002 }
            .Add(0x20_0000, [9, 9], memorySize: 0x1000)
            .Add(0x10_0000, [1, 2, 3])
            .ToArray());

        Assert.Equal(new GuestPhysAddr(0x10_0002), image.Entry);
        Assert.Equal([(0x10_0000UL, 3UL), (0x20_0000UL, 0x1000UL)], image.Segments.Select(segment => (segment.Address.Value, segment.MemorySize)));
        Assert.Equal([1, 2, 3], image.Segments[0].Bytes.ToArray());
        Assert.Equal(new GuestPhysAddr(0x20_1000), image.End);
    }

    [Fact]
    public void Parse_OtherAndEmptyProgramHeaders_AreSkipped()
    {
        const uint Note = 4, Stack = 7;
        var image = ElfImage.Parse(new ElfFile { Entry = 0x1000 }
            .Add(0x9000, [5], type: Note).Add(0x1000, [1]).Add(0x1000, [], type: Stack).Add(0x1000, [], memorySize: 0).ToArray());

        Assert.Equal(0x1000UL, Assert.Single(image.Segments).Address.Value);
    }

    [Fact]
    public void Parse_SegmentOfZerosOnly_IsAccepted()
    {
        var image = ElfImage.Parse(ElfFile.WithCode(0x1000, new Code64().Hlt().ToArray()).Add(0x2000, [], memorySize: 0x3000).ToArray());

        Assert.Equal((0, 0x5000UL), (image.Segments[1].Bytes.Length, image.End.Value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    public void Parse_TooShort_SaysSo(int bytes) => AssertRefused(Valid()[..bytes], "too short");

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Parse_WrongIdentification_SaysWhatIsExpected(int offset)
    {
        var file = Valid();
        file[offset] ^= 3;

        AssertRefused(file, "not a 64-bit little-endian ELF file");
    }

    [Fact]
    public void Parse_OtherMachine_NamesIt() => AssertRefused(ElfFile.Put16(Valid(), ElfFile.MachineOffset, 183), "machine 183, not x86-64");

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Parse_OtherType_NamesIt(int type) => AssertRefused(ElfFile.Put16(Valid(), ElfFile.TypeOffset, (ushort)type), $"type {type};");

    [Theory]
    [InlineData(ElfFile.EntrySizeOffset, 55)]
    [InlineData(ElfFile.CountOffset, 3)]
    [InlineData(ElfFile.CountOffset, 0xFFFF)]
    public void Parse_ProgramHeadersThatCannotBe_SaysSo(int offset, int value) =>
        AssertRefused(ElfFile.Put16(Valid(), offset, (ushort)value), "program headers are not in the file");

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xFFFF_FFFF_FFFF_FFC0)]
    [InlineData(0x1_0000_0000)]
    [InlineData(1000)]
    public void Parse_ProgramHeadersPastTheEnd_SaysSo(ulong offset) =>
        AssertRefused(ElfFile.Put64(Valid(), ElfFile.TableOffset, offset), "program headers are not in the file");

    [Theory]
    [InlineData(Offset, ulong.MaxValue)]
    [InlineData(Offset, 1UL << 32)]
    [InlineData(Offset, 1000)]
    public void Parse_SegmentPastTheEndOfTheFile_NamesItsHeader(int field, ulong value) =>
        AssertRefused(Patched(field, value), "program header 1 reaches past the end of the file");

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 0x80)]
    [InlineData(1UL << 32)]
    public void Parse_SegmentLargerThanAnyFile_NamesItsHeader(ulong size)
    {
        var file = Patched(FileSize, size);
        ElfFile.Put64(file, ElfFile.ProgramHeader(1, MemorySize), size);
        ElfFile.Put64(file, ElfFile.ProgramHeader(1, Physical), 0);

        AssertRefused(file, "program header 1 reaches past the end of the file");
    }

    [Fact]
    public void Parse_MoreBytesInTheFileThanInMemory_NamesItsHeader() =>
        AssertRefused(Patched(FileSize, 100), "program header 1 has more bytes in the file than in memory");

    [Theory]
    [InlineData(Physical, ulong.MaxValue)]
    [InlineData(MemorySize, ulong.MaxValue - 0x1000)]
    public void Parse_SegmentThatWraps_NamesItsHeader(int field, ulong value) =>
        AssertRefused(Patched(field, value), "program header 1 wraps around");

    [Theory]
    [InlineData(0x1000)]
    [InlineData(0x0FFF)]
    [InlineData(0x1003)]
    public void Parse_SegmentsThatOverlap_SaysWhere(ulong address) => AssertRefused(Patched(Physical, address), "overlap at");

    [Fact]
    public void Parse_NothingToLoad_SaysSo() =>
        AssertRefused(new ElfFile { Entry = 0 }.Add(0, [1], type: 4).ToArray(), "nothing to load");

    [Theory]
    [InlineData(0x0FFF)]
    [InlineData(0x1004)]
    [InlineData(0x8000_1000)]
    public void Parse_EntryInNoSegment_NamesIt(ulong entry) =>
        AssertRefused(ElfFile.Put64(Valid(), ElfFile.EntryOffset, entry), $"entry 0x{entry:x} is in none of its segments");

    [Fact]
    public void TryPlace_SegmentsInMemory_AreCopiedWhereTheyBelong()
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x4000));

        Assert.True(ElfImage.Parse(Valid()).TryPlace(memory));

        Assert.True(memory.TryRead(new GuestPhysAddr(0x1000), out uint code));
        Assert.True(memory.TryRead(new GuestPhysAddr(0x2000), out ulong data));
        Assert.Equal((0x0403_0201U, 0x0605UL), (code, data));
    }

    [Fact]
    public void TryPlace_SegmentOutsideMemory_IsFalse()
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x2000));

        Assert.False(ElfImage.Parse(Valid()).TryPlace(memory));
    }

    private static byte[] Valid() => ElfFile.WithCode(0x1000, [1, 2, 3, 4]).Add(0x2000, [5, 6], memorySize: 0x10).ToArray();

    // A number of the second program header.
    private static byte[] Patched(int field, ulong value) => ElfFile.Put64(Valid(), ElfFile.ProgramHeader(1, field), value);

    private static void AssertRefused(byte[] file, string expected)
    {
        var error = Assert.Throws<ImageFormatException>(() => ElfImage.Parse(file));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
