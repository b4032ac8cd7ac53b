using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Images;

namespace KvmActors.Fuzz.Tests.Images;

/// <summary>Wherever a flat image is to go: it is refused with a reason of one line, or lies where it was said, its entry in it.</summary>
internal sealed class FlatTarget : IFuzzTarget
{
    private static readonly ulong[] Addresses = [0, 1, 0x1000, 0x10_0000, 1UL << 32, 1UL << 47, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 4, ulong.MaxValue - 0xFFF];

    public string Name => "flat";

    public TimeSpan Share => TimeSpan.FromSeconds(1);

    public void Dispose()
    {
    }

    public string Run(FuzzInput input)
    {
        var file = new byte[input.OneIn(10) ? 0 : input.Next(64)];
        var address = new GuestPhysAddr(input.OneIn(4) ? input.Bits() : input.Pick<ulong>(Addresses));
        var entry = input.OneIn(4) ? input.Bits() : input.OneIn(3) ? input.Pick<ulong>(Addresses) : (ulong)input.Next(70);
        try
        {
            var image = FlatImage.Parse(file, address, entry);
            var segment = image.Segments.Single();
            return segment.Address == address && segment.Address < segment.End && segment.Address <= image.Entry && image.Entry < segment.End
                ? "taken"
                : throw new FuzzFailureException($"{file.Length} bytes at {address} with the entry 0x{entry:x}: from {segment.Address} to {segment.End}, entry {image.Entry}");
        }
        catch (ImageFormatException e)
        {
            return e.Message.Length > 0 && !e.Message.Contains('\n') ? "refused" : throw new FuzzFailureException($"the reason is no line: {e.Message}");
        }
    }
}
