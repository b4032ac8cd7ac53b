using System.Buffers.Binary;

namespace KvmActors.Machine.Tests.Support;

/// <summary>An ELF64 file under construction; the numbers are those of <c>elf.h</c>.</summary>
internal sealed class ElfFile
{
    public const int HeaderBytes = 64, ProgramHeaderBytes = 56;
    public const int TypeOffset = 16, MachineOffset = 18, EntryOffset = 24, TableOffset = 32, EntrySizeOffset = 54, CountOffset = 56;

    private readonly List<(uint Type, ulong Address, byte[] Bytes, ulong MemorySize)> _segments = [];

    public ulong Entry { get; init; }

    /// <summary>One segment that starts with its entry.</summary>
    public static ElfFile WithCode(ulong address, byte[] code) => new ElfFile { Entry = address }.Add(address, code);

    public ElfFile Add(ulong address, byte[] bytes, ulong? memorySize = null, uint type = 1)
    {
        _segments.Add((type, address, bytes, memorySize ?? (ulong)bytes.Length));
        return this;
    }

    /// <summary>The file: header, program headers, then the segments' bytes.</summary>
    public byte[] ToArray()
    {
        var offset = HeaderBytes + (_segments.Count * ProgramHeaderBytes);
        var file = new byte[offset + _segments.Sum(segment => segment.Bytes.Length)];
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(file, 0);
        Put16(file, TypeOffset, 2);
        Put16(file, MachineOffset, 62);
        Put64(file, EntryOffset, Entry);
        Put64(file, TableOffset, HeaderBytes);
        Put16(file, EntrySizeOffset, ProgramHeaderBytes);
        Put16(file, CountOffset, (ushort)_segments.Count);
        foreach (var (index, segment) in _segments.Index())
        {
            var header = HeaderBytes + (index * ProgramHeaderBytes);
            Put16(file, header, (ushort)segment.Type);
            Put64(file, header + 8, (ulong)offset);

            // The virtual address is elsewhere: only the physical one counts.
            Put64(file, header + 16, segment.Address + 0x8000_0000);
            Put64(file, header + 24, segment.Address);
            Put64(file, header + 32, (ulong)segment.Bytes.Length);
            Put64(file, header + 40, segment.MemorySize);
            segment.Bytes.CopyTo(file, offset);
            offset += segment.Bytes.Length;
        }

        return file;
    }

    /// <summary>Overwrites a number of a file.</summary>
    public static byte[] Put16(byte[] file, int offset, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(offset), value);
        return file;
    }

    /// <summary>Overwrites a number of a file.</summary>
    public static byte[] Put64(byte[] file, int offset, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(offset), value);
        return file;
    }

    /// <summary>Where a field of a program header is.</summary>
    public static int ProgramHeader(int index, int field) => HeaderBytes + (index * ProgramHeaderBytes) + field;
}
