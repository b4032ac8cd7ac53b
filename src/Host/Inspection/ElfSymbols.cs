using System.Buffers.Binary;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Images;

namespace KvmActors.Host.Inspection;

/// <summary>The functions that an ELF64 file has names for. The file may be a guest's own: everything in it is checked.</summary>
internal sealed class ElfSymbols
{
    private const int SectionBytes = 64, SymbolBytes = 24;
    private const int MaxSections = 65535;
    private const int MaxTableBytes = 64 << 20;
    private const uint SymbolTable = 2, DynamicSymbols = 11;
    private const int Function = 2;
    private const int MaxNameBytes = 256;

    // How far behind a symbol without a size its code may go on.
    private const ulong AssumedSize = 0x1000;

    private readonly (ulong Start, ulong Size, string Name)[] _functions;

    private ElfSymbols(ulong entry, (ulong Start, ulong Size, string Name)[] functions)
    {
        Entry = entry;
        _functions = functions;
    }

    /// <summary>The address of the first instruction.</summary>
    public ulong Entry { get; }

    /// <summary>Reads a file's; null when it cannot be read, or is no such file.</summary>
    public static ElfSymbols? TryRead(string path)
    {
        try
        {
            if (PlainFile.OpenToRead(path, out var status, out var handle) != Errno.None)
            {
                handle?.Dispose();
                return null;
            }

            using var file = new FileStream(handle!, FileAccess.Read, bufferSize: 0);
            return PlainFile.IsRegular(status) ? Read(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Names an address of the file's own, as <c>function+0x12</c>; null when no function has it.</summary>
    public string? Find(ulong address)
    {
        var index = Array.BinarySearch(_functions, (address, ulong.MaxValue, ""), ByStart.Instance);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0)
        {
            return null;
        }

        var (start, size, name) = _functions[index];
        var offset = address - start;
        return offset >= (size == 0 ? AssumedSize : size) ? null : offset == 0 ? name : $"{name}+0x{offset:x}";
    }

    private static ElfSymbols? Read(FileStream file)
    {
        var header = ReadAt(file, 0, ElfHeader.Size);
        if (header is null || !ElfHeader.TryRead(header, out _))
        {
            return null;
        }

        var entry = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(24));
        var sectionsAt = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60));
        var sections = count is 0 or > MaxSections || BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(58)) != SectionBytes
            ? null : ReadAt(file, sectionsAt, count * SectionBytes);
        foreach (var type in (ReadOnlySpan<uint>)[SymbolTable, DynamicSymbols])
        {
            if (sections is not null && ReadTable(file, sections, type) is { Length: > 0 } functions)
            {
                return new ElfSymbols(entry, functions);
            }
        }

        return new ElfSymbols(entry, []);
    }

    private static (ulong Start, ulong Size, string Name)[] ReadTable(FileStream file, byte[] sections, uint type)
    {
        for (var section = 0; section < sections.Length; section += SectionBytes)
        {
            var symbols = sections.AsSpan(section, SectionBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(symbols[4..]) != type)
            {
                continue;
            }

            var link = BinaryPrimitives.ReadUInt32LittleEndian(symbols[40..]);
            if (link < sections.Length / SectionBytes
                && ReadContent(file, symbols) is { } table
                && ReadContent(file, sections.AsSpan((int)link * SectionBytes, SectionBytes)) is { } names)
            {
                return Functions(table, names);
            }
        }

        return [];
    }

    private static (ulong Start, ulong Size, string Name)[] Functions(byte[] table, byte[] names)
    {
        var functions = new List<(ulong Start, ulong Size, string Name)>();
        for (var offset = 0; offset + SymbolBytes <= table.Length; offset += SymbolBytes)
        {
            var symbol = table.AsSpan(offset, SymbolBytes);
            var name = BinaryPrimitives.ReadUInt32LittleEndian(symbol);
            var value = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
            if ((symbol[4] & 0xF) == Function && value != 0 && name < names.Length && NameAt(names.AsSpan((int)name)) is { Length: > 0 } text)
            {
                functions.Add((value, BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]), text));
            }
        }

        // Of several names for one function, always the same one.
        functions.Sort((one, other) => (one.Start, one.Size, other.Name).CompareTo((other.Start, other.Size, one.Name)));
        return [.. functions];
    }

    private static string NameAt(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxNameBytes)];
        var end = bytes.IndexOf((byte)0);
        return Machine.Streams.PrintableText.Of(end < 0 ? bytes : bytes[..end]);
    }

    private static byte[]? ReadContent(FileStream file, ReadOnlySpan<byte> section)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(section[32..]);
        return length > MaxTableBytes ? null : ReadAt(file, BinaryPrimitives.ReadUInt64LittleEndian(section[24..]), (int)length);
    }

    private static byte[]? ReadAt(FileStream file, ulong offset, int length)
    {
        if (offset > (ulong)file.Length || (ulong)length > (ulong)file.Length - offset)
        {
            return null;
        }

        var bytes = new byte[length];
        file.Position = (long)offset;
        return file.ReadAtLeast(bytes, length, throwOnEndOfStream: false) == length ? bytes : null;
    }

    private sealed class ByStart : IComparer<(ulong Start, ulong Size, string Name)>
    {
        public static ByStart Instance { get; } = new();

        public int Compare((ulong Start, ulong Size, string Name) x, (ulong Start, ulong Size, string Name) y) =>
            x.Start != y.Start ? x.Start.CompareTo(y.Start) : x.Size.CompareTo(y.Size);
    }
}
