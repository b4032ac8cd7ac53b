using System.Runtime.InteropServices;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Images;

/// <summary>
/// A 64-bit ELF executable for x86-64, placed by the physical addresses of its PT_LOAD headers. The numbers are those of the
/// System V ABI, chapter "Object Files", and its AMD64 supplement.
/// </summary>
public static class ElfImage
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const ushort EtExec = 2;
    private const ushort EmX86_64 = 62;
    private const uint PtLoad = 1;

    private static ReadOnlySpan<byte> Identification => [0x7F, (byte)'E', (byte)'L', (byte)'F', 2 /* 64-bit */, 1 /* little-endian */, 1 /* version */];

    /// <summary>Whether a file says it is an ELF file.</summary>
    public static bool IsElf(ReadOnlySpan<byte> file) => file.StartsWith(Identification[..4]);

    /// <summary>Reads an ELF image.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <exception cref="ImageFormatException">It is no such executable, or contradicts itself.</exception>
    public static GuestImage Parse(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < HeaderSize)
        {
            throw new ImageFormatException($"the image is {bytes.Length} bytes, too short for an ELF header");
        }

        if (!bytes.StartsWith(Identification))
        {
            throw new ImageFormatException("the image is not a 64-bit little-endian ELF file");
        }

        var header = MemoryMarshal.Read<Elf64Ehdr>(bytes);
        if (header.Machine != EmX86_64)
        {
            throw new ImageFormatException($"the ELF image is for machine {header.Machine}, not x86-64 ({EmX86_64})");
        }

        if (header.Type != EtExec)
        {
            throw new ImageFormatException($"the ELF image has type {header.Type}; only executables at fixed addresses (ET_EXEC, {EtExec}) boot");
        }

        var segments = ReadSegments(file, header);
        var entry = new GuestPhysAddr(header.Entry);
        if (!segments.Any(segment => segment.Address <= entry && entry < segment.End))
        {
            throw new ImageFormatException($"the ELF image's entry {entry} is in none of its segments' physical addresses");
        }

        return new GuestImage(segments, entry);
    }

    private static List<ImageSegment> ReadSegments(ReadOnlyMemory<byte> file, in Elf64Ehdr header)
    {
        var length = (ulong)file.Length;
        var tableSize = (ulong)header.ProgramHeaderCount * ProgramHeaderSize;
        if (header.ProgramHeaderSize != ProgramHeaderSize || header.ProgramHeaderOffset > length || tableSize > length - header.ProgramHeaderOffset)
        {
            throw new ImageFormatException("the ELF image is truncated: its program headers are not in the file");
        }

        var table = MemoryMarshal.Cast<byte, Elf64Phdr>(file.Span.Slice((int)header.ProgramHeaderOffset, (int)tableSize));
        var segments = new List<ImageSegment>();
        for (var index = 0; index < table.Length; index++)
        {
            ref readonly var entry = ref table[index];
            if (entry.Type != PtLoad || entry.MemorySize == 0)
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

    /// <summary><c>Elf64_Ehdr</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = HeaderSize)]
    private struct Elf64Ehdr
    {
        [FieldOffset(16)] public ushort Type;
        [FieldOffset(18)] public ushort Machine;
        [FieldOffset(24)] public ulong Entry;
        [FieldOffset(32)] public ulong ProgramHeaderOffset;
        [FieldOffset(54)] public ushort ProgramHeaderSize;
        [FieldOffset(56)] public ushort ProgramHeaderCount;
    }

    /// <summary><c>Elf64_Phdr</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = ElfImage.ProgramHeaderSize)]
    private struct Elf64Phdr
    {
        [FieldOffset(0)] public uint Type;
        [FieldOffset(8)] public ulong Offset;
        [FieldOffset(24)] public ulong PhysicalAddress;
        [FieldOffset(32)] public ulong FileSize;
        [FieldOffset(40)] public ulong MemorySize;
    }
}
