using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Images;

/// <summary>
/// A 64-bit ELF executable for x86-64, placed by the physical addresses of its PT_LOAD headers. The numbers are those of the
/// System V ABI, chapter "Object Files", and its AMD64 supplement.
/// </summary>
public static class ElfImage
{
    /// <summary>Reads an ELF image.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <exception cref="ImageFormatException">It is no such executable, or contradicts itself.</exception>
    public static GuestImage Parse(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < ElfHeader.Size)
        {
            throw new ImageFormatException($"the image is {bytes.Length} bytes, too short for an ELF header");
        }

        if (!ElfHeader.TryRead(bytes, out var header))
        {
            throw new ImageFormatException("the image is not a 64-bit little-endian ELF file");
        }

        if (header.Machine != ElfHeader.X8664)
        {
            throw new ImageFormatException($"the ELF image is for machine {header.Machine}, not x86-64 ({ElfHeader.X8664})");
        }

        if (header.Type != ElfHeader.Executable)
        {
            throw new ImageFormatException($"the ELF image has type {header.Type}; only executables at fixed addresses (ET_EXEC, {ElfHeader.Executable}) boot");
        }

        var segments = ReadSegments(file, header);
        var entry = new GuestPhysAddr(header.Entry);
        if (!segments.Any(segment => segment.Address <= entry && entry < segment.End))
        {
            throw new ImageFormatException($"the ELF image's entry {entry} is in none of its segments' physical addresses");
        }

        return new GuestImage(segments, entry) { StartsVcpus = StartsVcpus(bytes, header) };
    }

    // Its program headers are in the file: the segments were read.
    private static bool StartsVcpus(ReadOnlySpan<byte> file, in ElfHeader header)
    {
        for (var index = 0; index < header.TableCount; index++)
        {
            var entry = ElfProgramHeader.Read(file.Slice((int)header.TableOffset + (index * ElfProgramHeader.Size), ElfProgramHeader.Size));
            if (entry.Type == ElfProgramHeader.Note && entry.Offset <= (ulong)file.Length && entry.FileSize <= (ulong)file.Length - entry.Offset
                && ElfNotes.SayStartsVcpus(file.Slice((int)entry.Offset, (int)entry.FileSize)))
            {
                return true;
            }
        }

        return false;
    }

    private static List<ImageSegment> ReadSegments(ReadOnlyMemory<byte> file, in ElfHeader header)
    {
        var length = (ulong)file.Length;
        var tableSize = (ulong)header.TableCount * ElfProgramHeader.Size;
        if (header.TableEntrySize != ElfProgramHeader.Size || header.TableOffset > length || tableSize > length - header.TableOffset)
        {
            throw new ImageFormatException("the ELF image is truncated: its program headers are not in the file");
        }

        var table = file.Span.Slice((int)header.TableOffset, (int)tableSize);
        var segments = new List<ImageSegment>();
        for (var index = 0; index < header.TableCount; index++)
        {
            var entry = ElfProgramHeader.Read(table.Slice(index * ElfProgramHeader.Size, ElfProgramHeader.Size));
            if (entry.Type != ElfProgramHeader.Load || entry.MemorySize == 0)
            {
                continue;
            }

            if (entry.FileSize > entry.MemorySize)
            {
                throw new ImageFormatException($"the ELF image's program header {index} has more bytes in the file than in memory");
            }

            if (entry.Offset > length || entry.FileSize > length - entry.Offset)
            {
                throw new ImageFormatException($"the ELF image is truncated: program header {index} reaches past the end of the file");
            }

            if (entry.PhysicalAddress > ulong.MaxValue - entry.MemorySize)
            {
                throw new ImageFormatException($"the ELF image's program header {index} wraps around at the end of the address space");
            }

            segments.Add(new ImageSegment(
                new GuestPhysAddr(entry.PhysicalAddress), file.Slice((int)entry.Offset, (int)entry.FileSize), entry.MemorySize));
        }

        if (segments.Count == 0)
        {
            throw new ImageFormatException("the ELF image has nothing to load");
        }

        segments.Sort((left, right) => left.Address.CompareTo(right.Address));
        for (var index = 1; index < segments.Count; index++)
        {
            if (segments[index].Address < segments[index - 1].End)
            {
                throw new ImageFormatException($"two segments of the ELF image overlap at {segments[index].Address}");
            }
        }

        return segments;
    }
}
