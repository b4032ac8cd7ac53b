using KvmActors.Host.Inspection;

namespace KvmActors.Host.Tests.Inspection;

public sealed class ElfSymbolsTests : IDisposable
{
    private const int HeaderBytes = 64, SectionBytes = 64, SymbolBytes = 24;
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(0x1000, "start")]
    [InlineData(0x1001, "start+0x1")]
    [InlineData(0x100F, "start+0xf")]
    [InlineData(0x1010, null)]
    [InlineData(0x2005, "open_ended+0x5")]
    [InlineData(0x3000, null)]
    [InlineData(0xFFF, null)]
    public void Find_Address_IsTheFunctionThatHasIt(ulong address, string? name)
    {
        File.WriteAllBytes(_file, Elf());

        var symbols = ElfSymbols.TryRead(_file)!;

        Assert.Equal((0x1000UL, name), (symbols.Entry, symbols.Find(address)));
    }

    [Fact]
    public void TryRead_AnyFile_IsReadOrRefusedWithoutFail()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = Elf();
            for (var change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(_file, bytes[..(round % 3 == 0 ? random.Next(bytes.Length) : bytes.Length)]);
            ElfSymbols.TryRead(_file)?.Find((ulong)random.NextInt64());
        }
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/does/not/exist")]
    [InlineData("/")]
    public void TryRead_NoFile_IsNothing(string path) => Assert.Null(ElfSymbols.TryRead(path));

    // A header, the symbols' section and the names', two functions and an object.
    private static byte[] Elf()
    {
        const int Symbols = HeaderBytes + (2 * SectionBytes), Names = Symbols + (3 * SymbolBytes);
        var names = "\0start\0open_ended\0data\0"u8;
        var elf = new byte[Names + names.Length];
        using var stream = new MemoryStream(elf);
        using var writer = new BinaryWriter(stream);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)2);
        writer.Write((ushort)62);
        writer.Write(1);
        writer.Write(0x1000UL);
        writer.Write(0UL);
        writer.Write((ulong)HeaderBytes);
        writer.Write(0);
        foreach (var value in (ReadOnlySpan<ushort>)[HeaderBytes, 56, 0, SectionBytes, 2, 1])
        {
            writer.Write(value);
        }

        WriteSection(writer, type: 2, Symbols, 3 * SymbolBytes, link: 1);
        WriteSection(writer, type: 3, Names, names.Length, link: 0);
        WriteSymbol(writer, name: 1, type: 2, 0x1000, 16);
        WriteSymbol(writer, name: 7, type: 2, 0x2000, 0);
        WriteSymbol(writer, name: 18, type: 1, 0x2800, 16);
        writer.Write(names);
        return elf;
    }

    private static void WriteSection(BinaryWriter writer, int type, int offset, int size, int link)
    {
        writer.Write(0);
        writer.Write(type);
        writer.Write(0UL);
        writer.Write(0UL);
        writer.Write((ulong)offset);
        writer.Write((ulong)size);
        writer.Write(link);
        writer.Write(0);
        writer.Write(0UL);
        writer.Write(0UL);
    }

    private static void WriteSymbol(BinaryWriter writer, int name, byte type, ulong value, ulong size)
    {
        writer.Write(name);
        writer.Write(type);
        writer.Write((byte)0);
        writer.Write((ushort)1);
        writer.Write(value);
        writer.Write(size);
    }
}
