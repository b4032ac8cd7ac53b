using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Images;

/// <summary>A piece of an image: bytes of the file at an address, followed by zeros.</summary>
/// <param name="Address">Where it starts, guest-physical.</param>
/// <param name="Bytes">What the file holds of it.</param>
/// <param name="MemorySize">Its size in memory in bytes, at least that of <paramref name="Bytes"/>.</param>
public sealed record ImageSegment(GuestPhysAddr Address, ReadOnlyMemory<byte> Bytes, ulong MemorySize)
{
    /// <summary>The first address after it.</summary>
    public GuestPhysAddr End => Address + MemorySize;

    /// <summary>Whether all of it lies in one of the ranges.</summary>
    public bool LiesIn(IEnumerable<MemoryRange> ranges) =>
        Address <= End && ranges.Any(range => range.Start <= Address && End <= range.End);
}

/// <summary>An image ready to be placed in a guest's memory. Immutable, shared by every instance that runs it.</summary>
/// <param name="Segments">Its pieces, none overlapping another, in ascending order.</param>
/// <param name="Entry">Where execution starts, guest-physical.</param>
public sealed record GuestImage(IReadOnlyList<ImageSegment> Segments, GuestPhysAddr Entry)
{
    /// <summary>Whether it is a kernel that begins with one vCPU and starts the others itself: see <see cref="ElfNotes"/>.</summary>
    public bool StartsVcpus { get; init; }

    /// <summary>The first address after the image.</summary>
    public GuestPhysAddr End => Segments[^1].End;

    /// <summary>Copies the image into memory, which is zero where it has not been written.</summary>
    /// <returns>False when a segment is outside memory.</returns>
    public bool TryPlace(GuestMemory memory)
    {
        foreach (var segment in Segments)
        {
            if (!memory.TryWriteBytes(segment.Address, segment.Bytes.Span))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>An image that cannot be run, and why, in words for the person who named it.</summary>
public sealed class ImageFormatException(string message) : Exception(message);
