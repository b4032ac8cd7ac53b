using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Images;

public class ElfHeadersTests
{
    private static byte[] File => new ElfFile { Entry = 0x40_1000 }.Add(0x40_0000, [1, 2, 3], memorySize: 0x2000).Add(0, [4], type: ElfProgramHeader.Interpreter).ToArray();

    [Fact]
    public void TryRead_Executable_HasItsFields()
    {
        Assert.True(ElfHeader.TryRead(File, out var header));

        Assert.Equal(new ElfHeader(ElfHeader.Executable, ElfHeader.X8664, 0x40_1000, ElfHeader.Size, ElfProgramHeader.Size, 2), header);
    }

    [Theory]
    [InlineData(0, 0x7E)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(6, 0)]
    public void TryRead_AnotherIdentification_IsRefused(int offset, byte value)
    {
        var file = File;
        file[offset] = value;

        Assert.False(ElfHeader.TryRead(file, out var header));
        Assert.Equal(default, header);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    public void TryRead_TooShort_IsRefused(int length) => Assert.False(ElfHeader.TryRead(File.AsSpan(0, length), out _));

    [Fact]
    public void IsElf_Anything_TellsByTheFirstFourBytes()
    {
        Assert.True(ElfHeader.IsElf([0x7F, (byte)'E', (byte)'L', (byte)'F']));
        Assert.False(ElfHeader.IsElf([0x7F, (byte)'E', (byte)'L']));
        Assert.False(ElfHeader.IsElf("#!/bin/sh"u8));
        Assert.False(ElfHeader.IsElf([]));
    }

    [Fact]
    public void Read_ProgramHeaders_HaveTheirFields()
    {
        var table = File.AsSpan(ElfFile.HeaderBytes);
        const ulong Bytes = ElfFile.HeaderBytes + (2 * ElfFile.ProgramHeaderBytes);

        Assert.Equal(new ElfProgramHeader(ElfProgramHeader.Load, Bytes, 0x40_0000, 3, 0x2000), ElfProgramHeader.Read(table[..ElfProgramHeader.Size]));
        Assert.Equal(
            new ElfProgramHeader(ElfProgramHeader.Interpreter, Bytes + 3, 0, 1, 1), ElfProgramHeader.Read(table.Slice(ElfProgramHeader.Size, ElfProgramHeader.Size)));
    }
}
