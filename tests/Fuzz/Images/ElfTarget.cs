using KvmActors.Fuzz.Tests.Running;
using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Fuzz.Tests.Images;

/// <summary>Whatever a file holds, it is refused with a reason of one line, or its segments make sense.</summary>
internal sealed class ElfTarget : IFuzzTarget
{
    private static readonly byte[] Valid =
        ElfFile.WithCode(0x1000, [1, 2, 3, 4]).Add(0x2000, [5, 6], memorySize: 0x10).Add(0x3000, [7]).ToArray();

    public string Name => "elf";

    public TimeSpan Share => TimeSpan.FromSeconds(3);

    public void Dispose()
    {
    }

    public string Run(FuzzInput input)
    {
        var file = FileMutation.Of(Valid, input);
        GuestImage image;
        try
        {
            image = ElfImage.Parse(file);
        }
        catch (ImageFormatException e)
        {
            return e.Message.Length > 0 && !e.Message.Contains('\n') ? "refused" : throw new FuzzFailureException($"the reason is no line: {e.Message}");
        }

        var previousEnd = 0UL;
        foreach (var segment in image.Segments)
        {
            var (start, end) = (segment.Address.Value, segment.End.Value);
            if (start < previousEnd || end <= start || (ulong)segment.Bytes.Length > segment.MemorySize)
            {
                throw new FuzzFailureException($"a segment from 0x{start:x} to 0x{end:x} of {segment.Bytes.Length} bytes");
            }

            previousEnd = end;
        }

        return image.Segments.Any(segment => segment.Address <= image.Entry && image.Entry < segment.End)
            ? "taken"
            : throw new FuzzFailureException($"the entry 0x{image.Entry.Value:x} is in no segment");
    }
}
