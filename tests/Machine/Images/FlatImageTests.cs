using KvmActors.Interop.Memory;
using KvmActors.Machine.Images;

namespace KvmActors.Machine.Tests.Images;

public class FlatImageTests
{
    [Fact]
    public void Parse_Bytes_AreOneSegmentAtTheLoadAddress()
    {
        var image = FlatImage.Parse(new byte[] { 1, 2, 3 }, new GuestPhysAddr(0x7C00), entryOffset: 2);

        var segment = Assert.Single(image.Segments);
        Assert.Equal((0x7C00UL, 3UL, 0x7C02UL, 0x7C03UL), (segment.Address.Value, segment.MemorySize, image.Entry.Value, image.End.Value));
        Assert.Equal([1, 2, 3], segment.Bytes.ToArray());
    }

    [Fact]
    public void Parse_Nothing_SaysSo() => AssertRefused([], 0, 0, "the image is empty");

    [Theory]
    [InlineData(3)]
    [InlineData(ulong.MaxValue)]
    public void Parse_EntryOutside_NamesItAndTheSize(ulong entry) => AssertRefused([1, 2, 3], 0, entry, $"0x{entry:x} is outside the image of 3 bytes");

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 1)]
    public void Parse_LoadAddressThatWraps_NamesIt(ulong address) => AssertRefused([1, 2, 3], address, 0, $"loaded at 0x{address:x}");

    private static void AssertRefused(byte[] file, ulong address, ulong entry, string expected)
    {
        var error = Assert.Throws<ImageFormatException>(() => FlatImage.Parse(file, new GuestPhysAddr(address), entry));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
