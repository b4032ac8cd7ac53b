using System.Runtime.InteropServices;

namespace KvmActors.Machine.Images;

/// <summary>
/// The header of a 64-bit ELF file, and the constants it is made of: System V ABI, chapter "Object Files", and its AMD64 supplement.
/// </summary>
/// <param name="Type">ET_*: what kind of file it is.</param>
/// <param name="Machine">EM_*: for which processor.</param>
/// <param name="Entry">Where execution starts.</param>
/// <param name="TableOffset">Where in the file the program headers are.</param>
/// <param name="TableEntrySize">Bytes of one of them.</param>
/// <param name="TableCount">How many there are.</param>
public readonly record struct ElfHeader(ushort Type, ushort Machine, ulong Entry, ulong TableOffset, ushort TableEntrySize, ushort TableCount)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 64;

    /// <summary>ET_EXEC: an executable at fixed addresses.</summary>
    public const ushort Executable = 2;

    /// <summary>ET_DYN: an executable or a library at any address.</summary>
    public const ushort Shared = 3;

    /// <summary>EM_X86_64.</summary>
    public const ushort X8664 = 62;

    private static ReadOnlySpan<byte> Identification => [0x7F, (byte)'E', (byte)'L', (byte)'F', 2 /* 64-bit */, 1 /* little-endian */, 1 /* version */];

    /// <summary>Whether a file says it is an ELF file of any kind.</summary>
    public static bool IsElf(ReadOnlySpan<byte> file) => file.StartsWith(Identification[..4]);

    /// <summary>Reads a header.</summary>
    /// <param name="file">The file's first bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when they are too few, or not of a 64-bit little-endian ELF file.</returns>
    public static bool TryRead(ReadOnlySpan<byte> file, out ElfHeader header)
    {
        if (file.Length < Size || !file.StartsWith(Identification))
        {
            header = default;
            return false;
        }

        var raw = MemoryMarshal.Read<Elf64Ehdr>(file);
        header = new ElfHeader(raw.Type, raw.Machine, raw.Entry, raw.ProgramHeaderOffset, raw.ProgramHeaderSize, raw.ProgramHeaderCount);
        return true;
    }

    /// <summary><c>Elf64_Ehdr</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = Size)]
    private struct Elf64Ehdr
    {
        [FieldOffset(16)] public ushort Type;
        [FieldOffset(18)] public ushort Machine;
        [FieldOffset(24)] public ulong Entry;
        [FieldOffset(32)] public ulong ProgramHeaderOffset;
        [FieldOffset(54)] public ushort ProgramHeaderSize;
        [FieldOffset(56)] public ushort ProgramHeaderCount;
    }
}

/// <summary>A program header of a 64-bit ELF file.</summary>
/// <param name="Type">PT_*: what it is about.</param>
/// <param name="Offset">Where in the file its bytes are.</param>
/// <param name="PhysicalAddress">Where they go.</param>
/// <param name="FileSize">How many bytes the file has.</param>
/// <param name="MemorySize">How many bytes memory has; the rest is zero.</param>
public readonly record struct ElfProgramHeader(uint Type, ulong Offset, ulong PhysicalAddress, ulong FileSize, ulong MemorySize)
{
    /// <summary>Bytes of one.</summary>
    public const int Size = 56;

    /// <summary>PT_LOAD: to be loaded.</summary>
    public const uint Load = 1;

    /// <summary>PT_INTERP: the program is started by another, its interpreter.</summary>
    public const uint Interpreter = 3;

    /// <summary>PT_NOTE: what the file says of itself.</summary>
    public const uint Note = 4;

    /// <summary>Reads one.</summary>
    /// <param name="bytes">Its <see cref="Size"/> bytes.</param>
    public static ElfProgramHeader Read(ReadOnlySpan<byte> bytes)
    {
        var raw = MemoryMarshal.Read<Elf64Phdr>(bytes);
        return new ElfProgramHeader(raw.Type, raw.Offset, raw.PhysicalAddress, raw.FileSize, raw.MemorySize);
    }

    /// <summary><c>Elf64_Phdr</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = ElfProgramHeader.Size)]
    private struct Elf64Phdr
    {
        [FieldOffset(0)] public uint Type;
        [FieldOffset(8)] public ulong Offset;
        [FieldOffset(24)] public ulong PhysicalAddress;
        [FieldOffset(32)] public ulong FileSize;
        [FieldOffset(40)] public ulong MemorySize;
    }
}
