using FsCheck;
using FsCheck.Fluent;
using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Images;

/// <summary>Whatever a file holds, it is refused with a reason or makes sense.</summary>
public class ElfImagePropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Parse_RandomBytes_IsRefusedOrConsistent() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), IsRefusedOrConsistent).Check(Runs);

    [Fact]
    public void Parse_RandomBytesBehindAValidHeader_IsRefusedOrConsistent() => Prop.ForAll(
        Gen.ArrayOf(ArbMap.Default.ArbFor<byte>().Generator, 200).ToArbitrary(),
        bytes => IsRefusedOrConsistent([.. Valid()[..ElfFile.HeaderBytes], .. bytes])).Check(Runs);

    [Fact]
    public void Parse_ValidFileWithNumbersChanged_IsRefusedOrConsistent()
    {
        var numbers = Gen.OneOf(
            Gen.Elements<ulong>(0, 1, 55, 56, 64, 0x1000, 0x1FFF, 0x2000, int.MaxValue, 1UL << 31, 1UL << 32, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 55),
            ArbMap.Default.ArbFor<ulong>().Generator);
        var changes =
            from offset in Gen.Choose(0, Valid().Length - 8)
            from value in numbers
            from bytes in Gen.Elements(1, 2, 4, 8)
            select (Offset: offset, Value: value, Bytes: bytes);
        Prop.ForAll(changes.NonEmptyListOf().ToArbitrary(), list =>
        {
            var file = Valid();
            foreach (var change in list.Take(3))
            {
                BitConverter.GetBytes(change.Value).AsSpan(0, change.Bytes).CopyTo(file.AsSpan(change.Offset));
            }

            return IsRefusedOrConsistent(file);
        }).Check(Runs);
    }

    [Fact]
    public void Parse_ValidFileCutAnywhere_IsRefusedOrConsistent()
    {
        for (var length = 0; length < Valid().Length; length++)
        {
            Assert.True(IsRefusedOrConsistent(Valid()[..length]));
        }
    }

    [Fact]
    public void Parse_ValidFileWithEachBitFlipped_IsRefusedOrConsistent()
    {
        for (var bit = 0; bit < Valid().Length * 8; bit++)
        {
            var file = Valid();
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(IsRefusedOrConsistent(file), $"bit {bit}");
        }
    }

    private static byte[] Valid() => ElfFile.WithCode(0x1000, [1, 2, 3, 4]).Add(0x2000, [5, 6], memorySize: 0x10).Add(0x3000, [7]).ToArray();

    private static bool IsRefusedOrConsistent(byte[] file)
    {
        GuestImage image;
        try
        {
            image = ElfImage.Parse(file);
        }
        catch (ImageFormatException e)
        {
            return e.Message.Length > 0 && !e.Message.Contains('\n');
        }

        var previousEnd = 0UL;
        foreach (var segment in image.Segments)
        {
            var (start, end) = (segment.Address.Value, segment.End.Value);
            if (start < previousEnd || end <= start || (ulong)segment.Bytes.Length > segment.MemorySize)
            {
                return false;
            }

            previousEnd = end;
        }

        return image.End.Value == previousEnd
            && image.Segments.Any(segment => segment.Address <= image.Entry && image.Entry < segment.End);
    }
}
